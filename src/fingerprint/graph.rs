//! In which order files are named: each after those that it names, and those that name each other together.
//!
//! In: for every file the files that it names. Out: levels of groups; a group is one file, or a circle. Tarjan's algorithm, without
//! recursion: a chain of imports may be as long as there are files.

/// Groups, so that everything that a group names outside itself stands in an earlier level. Groups and their members are in order.
pub(super) fn levels(names: &[Vec<usize>]) -> Vec<Vec<Vec<usize>>> {
    let mut search = Search {
        names,
        order: vec![None; names.len()],
        low: vec![0; names.len()],
        open: Vec::new(),
        group_of: vec![None; names.len()],
        groups: Vec::new(),
        next: 0,
    };
    for start in 0..names.len() {
        if search.order[start].is_none() {
            search.from(start);
        }
    }
    search.levels()
}

struct Search<'n> {
    names: &'n [Vec<usize>],
    /// When a node was met.
    order: Vec<Option<usize>>,
    /// The earliest node of its circle that it leads back to.
    low: Vec<usize>,
    /// Met, and in no group yet.
    open: Vec<usize>,
    group_of: Vec<Option<usize>>,
    groups: Vec<Vec<usize>>,
    next: usize,
}

impl Search<'_> {
    fn from(&mut self, start: usize) {
        // Node, and how many of its names were followed.
        let mut path = vec![(start, 0)];
        self.meet(start);
        while let Some((node, followed)) = path.last_mut() {
            let node = *node;
            let Some(&named) = self.names[node].get(*followed) else {
                path.pop();
                self.leave(node);
                if let Some((above, _)) = path.last() {
                    self.low[*above] = self.low[*above].min(self.low[node]);
                }
                continue;
            };
            *followed += 1;
            match self.order[named] {
                None => {
                    self.meet(named);
                    path.push((named, 0));
                }
                Some(order) if self.group_of[named].is_none() => self.low[node] = self.low[node].min(order),
                Some(_) => {}
            }
        }
    }

    fn meet(&mut self, node: usize) {
        self.order[node] = Some(self.next);
        self.low[node] = self.next;
        self.next += 1;
        self.open.push(node);
    }

    /// A node that leads back to nothing earlier closes its group.
    fn leave(&mut self, node: usize) {
        if Some(self.low[node]) != self.order[node] {
            return;
        }
        let at = self.open.iter().rposition(|it| *it == node).expect("a node is open until its group is closed");
        let mut group = self.open.split_off(at);
        group.sort_unstable();
        for member in &group {
            self.group_of[*member] = Some(self.groups.len());
        }
        self.groups.push(group);
    }

    /// Groups were closed leaves first, so those that a group names have their levels already.
    fn levels(self) -> Vec<Vec<Vec<usize>>> {
        let mut level_of = vec![0; self.groups.len()];
        let mut levels: Vec<Vec<Vec<usize>>> = Vec::new();
        for (at, group) in self.groups.into_iter().enumerate() {
            let named = group.iter().flat_map(|member| &self.names[*member]);
            let below = named.filter_map(|named| self.group_of[*named]).filter(|other| *other != at);
            level_of[at] = below.map(|other| level_of[other] + 1).max().unwrap_or(0);
            if levels.len() <= level_of[at] {
                levels.resize_with(level_of[at] + 1, Vec::new);
            }
            levels[level_of[at]].push(group);
        }
        for level in &mut levels {
            level.sort();
        }
        levels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_come_first_and_circles_together() {
        assert_eq!(levels(&[vec![1], vec![2], vec![]]), [vec![vec![2]], vec![vec![1]], vec![vec![0]]]);
        assert_eq!(levels(&[vec![1, 3], vec![2], vec![1], vec![]]), [vec![vec![1, 2], vec![3]], vec![vec![0]]]);
        assert_eq!(levels(&[vec![0]]), [vec![vec![0]]]);
        assert_eq!(levels(&[vec![1], vec![0, 2], vec![3], vec![2]]), [vec![vec![2, 3]], vec![vec![0, 1]]]);
        assert!(levels(&[]).is_empty());
    }

    #[test]
    fn a_chain_of_any_length_needs_no_stack() {
        let chain: Vec<Vec<usize>> = (0..200_000).map(|at| if at < 199_999 { vec![at + 1] } else { vec![0] }).collect();
        assert_eq!(levels(&chain)[0][0].len(), 200_000);
    }
}
