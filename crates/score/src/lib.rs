//! How much a picture looks like another one, as a number: 100 is the same, 90 cannot be told apart, 70 needs a second
//! look, 50 is seen at once. The scale is that of SSIMULACRA2, which takes fifty times as long.
//!
//! A crate of its own because every encoded file is judged, in debug builds too, where these loops would take thirty times as long.
//!
//! In: the planes of the original, prepared once, and those of a decoded file. Out: the score. It compares structure (Wang
//! et al. 2004) in luma and chroma at several scales, and counts the worst places more than their share, as the eye does.
//! Sums are made in one order: the same number for any number of threads.

/// Luma and two chroma planes at several scales, each half of the one before.
pub struct Planes {
    /// Luma from full size on, chroma from half size on.
    levels: [Vec<Plane>; 3],
}

/// Samples around zero, the whole range being one.
struct Plane {
    width: usize,
    height: usize,
    samples: Vec<f32>,
}

/// Scales of luma; chroma has one fewer, as it begins at half size.
const SCALES: usize = 4;

/// What an error of each kind costs. Fitted, without negative weights, to the scores that SSIMULACRA2 gives 352 files: eight
/// photographs, two widths, WebP, JPEG and AVIF from very low to very high quality. The scores of both agree within 2.3 points
/// (standard deviation; correlation 0.988) and within one point on average in each format.
const WEIGHTS: Errors =
    [[[0.0, 0.278], [0.0, 0.0], [3.293, 5.345], [0.0, 1.444]], [[0.0, 0.0], [0.0, 0.190], [0.0, 0.465], [0.0, 1.342]]];

/// Luma then chroma, fine to coarse, the mean and the fourth mean.
type Errors = [[[f64; 2]; SCALES]; 2];

impl Planes {
    /// Of RGB or RGBA samples, row by row, as a page shows them; what shows through, over a ground of that gray.
    #[must_use]
    pub fn of(width: usize, height: usize, samples: &[u8], ground: u8) -> Self {
        if samples.len() == 4 * width * height {
            Self::of_rgb(width, height, &over(samples, ground))
        } else {
            Self::of_rgb(width, height, samples)
        }
    }

    fn of_rgb(width: usize, height: usize, rgb: &[u8]) -> Self {
        let mut luma = Plane::new(width, height);
        let (mut blue, mut red) = (Plane::new(width / 2, height / 2), Plane::new(width / 2, height / 2));
        // ITU-R BT.601, as JPEG, WebP and our AVIF have it.
        for (row, out) in rgb.chunks_exact(3 * width).zip(luma.samples.chunks_exact_mut(width)) {
            for (pixel, out) in row.as_chunks::<3>().0.iter().zip(out) {
                let [red, green, blue] = pixel.map(f32::from);
                *out = (red * 0.299 + green * 0.587 + blue * 0.114) / 255.0 - 0.5;
            }
        }
        if width >= 2 {
            let rows = rgb.chunks_exact(6 * width);
            let out = blue.samples.chunks_exact_mut(width / 2).zip(red.samples.chunks_exact_mut(width / 2));
            for (rows, (blue, red)) in rows.zip(out) {
                let (upper, lower) = rows.split_at(3 * width);
                let pairs = upper.as_chunks::<6>().0.iter().zip(lower.as_chunks::<6>().0);
                for ((upper, lower), (blue, red)) in pairs.zip(blue.iter_mut().zip(red)) {
                    let sum = |at: usize| {
                        let sample = |from: u8| u16::from(from);
                        f32::from(sample(upper[at]) + sample(upper[at + 3]) + sample(lower[at]) + sample(lower[at + 3]))
                    };
                    let (r, g, b) = (sum(0), sum(1), sum(2));
                    let luma = r * 0.299 + g * 0.587 + b * 0.114;
                    *blue = (b - luma) * (0.564 / 1_020.0);
                    *red = (r - luma) * (0.713 / 1_020.0);
                }
            }
        }
        Self { levels: [pyramid(luma, SCALES), pyramid(blue, SCALES - 1), pyramid(red, SCALES - 1)] }
    }

    /// Of planes: luma, blue, red; chroma of full or half size.
    #[must_use]
    pub fn of_planes(width: usize, height: usize, [luma, blue, red]: [Vec<f32>; 3], halved: bool) -> Self {
        let plane = |samples: Vec<f32>| Plane { width, height, samples };
        let half = |samples: Vec<f32>| {
            if !halved {
                return plane(samples).half();
            }
            // An odd last row or column is left out, as everywhere here.
            let kept = samples.chunks_exact(width.div_ceil(2)).take(height / 2);
            let samples = kept.flat_map(|row| &row[..width / 2]).copied().collect();
            Plane { width: width / 2, height: height / 2, samples }
        };
        let [blue, red] = [blue, red].map(|it| pyramid(half(it), SCALES - 1));
        Self { levels: [pyramid(plane(luma), SCALES), blue, red] }
    }

    /// The score of another picture of the same size beside this one.
    #[must_use]
    pub fn score(&self, other: &Self) -> f64 {
        let mut cost = 0.0;
        for (error, weight) in self.errors(other).iter().flatten().flatten().zip(WEIGHTS.iter().flatten().flatten()) {
            cost += error * weight;
        }
        100.0 - 100.0 * cost.sqrt()
    }

    /// Each kind of error by itself; of chroma the mean of both planes.
    fn errors(&self, other: &Self) -> Errors {
        let mut out = Errors::default();
        for (plane, (own, other)) in self.levels.iter().zip(&other.levels).enumerate() {
            let (kind, first, share) = if plane == 0 { (0, 0, 1.0) } else { (1, 1, 0.5) };
            for (scale, (own, other)) in own.iter().zip(other).enumerate() {
                if WEIGHTS[kind][first + scale].iter().all(|weight| *weight <= 0.0) {
                    continue;
                }
                for (out, error) in out[kind][first + scale].iter_mut().zip(own.difference(other)) {
                    *out += error * share;
                }
            }
        }
        out
    }
}

/// RGBA over a ground of one gray.
fn over(samples: &[u8], ground: u8) -> Vec<u8> {
    let blend = |sample: u8, alpha: u8| {
        let (sample, alpha, ground) = (u32::from(sample), u32::from(alpha), u32::from(ground));
        u8::try_from((sample * alpha + ground * (255 - alpha) + 127) / 255).expect("between the two")
    };
    samples.chunks_exact(4).flat_map(|it| [0, 1, 2].map(|at| blend(it[at], it[3]))).collect()
}

/// A plane and its halves, as long as a window fits.
fn pyramid(first: Plane, scales: usize) -> Vec<Plane> {
    let mut levels = vec![first];
    while levels.len() < scales {
        let next = levels[levels.len() - 1].half();
        if next.width < WINDOW || next.height < WINDOW {
            break;
        }
        levels.push(next);
    }
    levels
}

/// A side of the squares that are compared, and of the cells they are put together from.
const WINDOW: usize = 2 * CELL;
const CELL: usize = 4;

/// Sums of samples, of their squares together, of their products: of both pictures, for columns or cells.
#[derive(Default)]
struct Sums {
    own: Vec<f32>,
    other: Vec<f32>,
    squares: Vec<f32>,
    products: Vec<f32>,
}

impl Plane {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, samples: vec![0.0; width * height] }
    }

    /// Each sample the mean of four; an odd last row or column is left out.
    fn half(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut out = Self::new(width, height);
        if width > 0 {
            let rows = self.samples.chunks_exact(2 * self.width);
            for (rows, out) in rows.zip(out.samples.chunks_exact_mut(width)) {
                let (upper, lower) = rows.split_at(self.width);
                let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
                for ((upper, lower), out) in pairs.zip(out) {
                    *out = (upper[0] + upper[1] + lower[0] + lower[1]) * 0.25;
                }
            }
        }
        out
    }

    /// The mean difference of all windows and the fourth mean, which the worst of them decide.
    fn difference(&self, other: &Self) -> [f64; 2] {
        let (columns, rows) = (self.width / CELL, self.height / CELL);
        if columns < 2 || rows < 2 {
            return [0.0; 2];
        }
        let (mut sum, mut fourth) = (0.0, 0.0);
        let strip = CELL * self.width;
        let (mut above, mut below) = (Sums::default(), Sums::default());
        for (row, (own, other)) in self.samples.chunks_exact(strip).zip(other.samples.chunks_exact(strip)).enumerate() {
            below.fill(own, other, self.width);
            if row > 0 {
                let [mean, worst] = above.differences(&below);
                sum += mean;
                fourth += worst;
            }
            std::mem::swap(&mut above, &mut below);
        }
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 windows")]
        let windows = ((columns - 1) * (rows - 1)) as f64;
        [sum / windows, (fourth / windows).sqrt().sqrt()]
    }
}

impl Sums {
    /// The cells of a strip of rows: first down the columns, which the compiler does several at a time, then along.
    fn fill(&mut self, own: &[f32], other: &[f32], width: usize) {
        let mut columns = [vec![0.0; width], vec![0.0; width], vec![0.0; width], vec![0.0; width]];
        let [sums, others, squares, products] = &mut columns;
        for (own, other) in own.chunks_exact(width).zip(other.chunks_exact(width)) {
            for x in 0..width {
                sums[x] += own[x];
                others[x] += other[x];
                squares[x] += own[x] * own[x] + other[x] * other[x];
                products[x] += own[x] * other[x];
            }
        }
        for (cells, columns) in
            [&mut self.own, &mut self.other, &mut self.squares, &mut self.products].into_iter().zip(columns)
        {
            cells.clear();
            cells.extend(columns.as_chunks::<CELL>().0.iter().map(|it| (it[0] + it[1]) + (it[2] + it[3])));
        }
    }

    /// One less the similarity of each window of two rows of cells, summed, and its fourth power, summed. Without the
    /// term for the mean's ratio, which judges dark places too hard (as SSIMULACRA2 has it).
    fn differences(&self, below: &Self) -> [f64; 2] {
        /// Samples in a window.
        const AREA: f32 = 64.0;
        const SMALL: f32 = 0.0009;
        let cells = self.own.len() - 1;
        let (mut sum, mut fourth) = (0.0, 0.0);
        for x in 0..cells {
            let window = |above: &[f32], below: &[f32]| (above[x] + above[x + 1] + below[x] + below[x + 1]) / AREA;
            let (own, other) = (window(&self.own, &below.own), window(&self.other, &below.other));
            let spread = window(&self.squares, &below.squares) - own * own - other * other + SMALL;
            let common = 2.0 * (window(&self.products, &below.products) - own * other) + SMALL;
            let it = (1.0 - (1.0 - (own - other) * (own - other)) * common / spread).max(0.0);
            sum += f64::from(it);
            fourth += f64::from(it * it * (it * it));
        }
        [sum, fourth]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(error: u8) -> Planes {
        let shade = |at: usize| u8::try_from(at % 64 * 3 + at / 64).expect("below 256") + error * u8::from(at % 3 == 0);
        let samples: Vec<u8> = (0..64 * 48).flat_map(|at| [shade(at), 80, 120]).collect();
        Planes::of(64, 48, &samples, 255)
    }

    #[test]
    fn the_same_scores_a_hundred_and_a_larger_error_less() {
        let own = picture(0);
        let scores = [0, 3, 9].map(|error| own.score(&picture(error)));
        assert!(scores[0] > 99.9 && scores[0] > scores[1] && scores[1] > scores[2], "{scores:?}");
    }

    #[test]
    fn what_shows_through_is_seen_over_its_ground() {
        let (half, gray) = ([0, 0, 0, 128].repeat(256), [127, 127, 127].repeat(256));
        assert!(Planes::of(16, 16, &half, 255).score(&Planes::of(16, 16, &gray, 0)) > 99.9);
    }
}
