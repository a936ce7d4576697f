"""The site that both builders build: the same words, pictures, widths, styles and script, each in the builder's own form.

In: nothing; every number is drawn from a fixed seed. Out: folders `landing/one`, `landing/many`, `hugo/one`, `hugo/many` with projects, and
the pictures beside them. Three are like photographs (grain on soft shapes, 1,600 pixels wide), three like screenshots. Needs no
package: PNG is written with zlib, and hugo makes the JPEGs of it. Refuses nothing, measures nothing.
"""
import json
import math
import os
import random
import shutil
import struct
import subprocess
import zlib
from multiprocessing import Pool
from pathlib import Path

LANGUAGES = "en fr de es it nl pt pl cs sk sl hr hu ro fi sv da nb et lt".split()
VARIANTS = 50
WIDTHS = (480, 960, 1600)
PICTURES = ["photo1.jpg", "photo2.jpg", "photo3.jpg", "screen1.png", "screen2.png", "screen3.png"]
WIDTH, HEIGHT = 1600, 1000

WORDS = """page visitor screen evening answer signal station cable harbor window letter market signature remedy measure
garden bridge winter copper lantern ledger margin number open paper quiet river season table under value weather yellow zero
careful distant early friendly gentle honest inner joyful known little modern narrow ordinary plain quick recent steady tall""".split()


def png(path, rows):
    """Rows of RGB bytes as a PNG."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    raw = b"".join(b"\0" + bytes(row) for row in rows)
    header = struct.pack(">IIBBBBB", WIDTH, len(rows), 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 6)) + chunk(b"IEND", b""))


def photo(seed):
    """Soft light, a dozen round shapes with edges, and grain."""
    dice = random.Random(seed)
    colors = [[dice.randrange(20, 235) for _ in range(3)] for _ in range(14)]
    disks = [(dice.randrange(WIDTH), dice.randrange(HEIGHT), dice.randrange(60, 320)) for _ in range(12)]
    grain = [dice.gauss(0, 5) for _ in range(65_537)]
    waves = [(dice.uniform(.002, .03), dice.uniform(.002, .03), dice.uniform(4, 16)) for _ in range(5)]
    rows = []
    for y in range(HEIGHT):
        tall = y / HEIGHT
        spans = [(x - half, x + half, color) for (x, cy, r), color in zip(disks, colors[2:])
                 if abs(y - cy) < r for half in [math.isqrt(r * r - (y - cy) ** 2)]]
        row = bytearray()
        start = dice.randrange(65_537)
        for x in range(WIDTH):
            color = None
            for left, right, own in spans:
                if left <= x < right:
                    color = own
            noise = grain[(start + x * 7) % 65_537]
            # Waves change slowly: every fourth pixel has its own.
            if x % 4 == 0:
                swell = sum(high * math.sin(x * fx + y * fy) for fx, fy, high in waves)
            if color is None:
                a, b = colors[0], colors[1]
                color = [a[i] + (b[i] - a[i]) * tall for i in range(3)]
            for part in color:
                value = part + swell + noise
                row.append(0 if value < 0 else 255 if value > 255 else int(value))
        rows.append(row)
    return rows


def screen(seed):
    """Panels, lines of something like text, a button."""
    dice = random.Random(seed)
    canvas = [bytearray(bytes([246, 247, 249]) * WIDTH) for _ in range(HEIGHT)]
    def fill(x, y, w, h, color):
        for line in canvas[max(y, 0):y + h]:
            line[x * 3:(x + w) * 3] = bytes(color) * w
    for top in range(40, HEIGHT - 140, 190):
        fill(60, top, WIDTH - 120, 160, [255, 255, 255])
        fill(60, top + 160, WIDTH - 120, 2, [220, 223, 228])
        fill(90, top + 30, 90, 90, [dice.randrange(60, 220) for _ in range(3)])
        for line in range(3):
            x = 220
            while x < WIDTH - 300:
                width = dice.randrange(14, 90)
                for stroke in range(x, x + width, 7):
                    fill(stroke, top + 36 + line * 34, dice.randrange(2, 6), dice.randrange(8, 16), [40, 44, 52])
                x += width + 14
        fill(WIDTH - 240, top + 50, 130, 52, [36, 64, 230])
    return canvas


def picture(job):
    kind, seed, path = job
    png(path, photo(seed) if kind == "photo" else screen(seed))


def pictures(folder, hugo):
    """All six, made once: hugo turns the photographs into JPEG of quality 92."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = [(name[:-5], number, folder / f"{name[:-4]}.raw.png") for number, name in enumerate(PICTURES, 1)]
    with Pool(2) as pool:
        pool.map(picture, raw)
    site = folder / "jpeg"
    (site / "assets").mkdir(parents=True)
    (site / "layouts").mkdir()
    for (kind, _, path), name in zip(raw, PICTURES):
        path.rename(site / "assets" / f"{name[:-4]}.png" if kind == "photo" else folder / name)
    (site / "hugo.toml").write_text('disableKinds = ["taxonomy", "term", "RSS", "sitemap", "404"]\n')
    (site / "layouts/home.html").write_text(
        '{{ range resources.Match "*.png" }}{{ with .Process "jpeg q92" }}{{ .Publish }}{{ .RelPermalink }}\n{{ end }}{{ end }}')
    subprocess.run([hugo, "--quiet", "--source", site], check=True)
    for name in PICTURES[:3]:
        made, = (site / "public").glob(f"{name[:-4]}*.jpg")
        shutil.copyfile(made, folder / name)
    shutil.rmtree(site)


def sentence(dice, length):
    words = [dice.choice(WORDS) for _ in range(length)]
    return " ".join(words).capitalize() + "."


def styles():
    """5.5 kB that the page uses."""
    out = [":root{--ink:#17130f;--paper:#fbf7ef;--accent:#9a2c0c}*{box-sizing:border-box}body{margin:0;color:var(--ink);"
           "background:var(--paper);font:17px/1.55 system-ui,sans-serif}img{max-width:100%;height:auto;display:block}"]
    names = ["hero", "lead", "cards", "card", "note", "foot", "mark", "menu"]
    for number, name in enumerate(names * 6):
        out.append(f"\n.{name} {['h1', 'h2', 'p', 'a', 'img', 'span'][number // 8]}{{margin:{number % 5}rem 0;padding:{number % 7}px;"
                   f"color:color-mix(in srgb,var(--ink) {90 - number}%,var(--paper));border-radius:{number % 9}px}}")
    out.append("\n@media (min-width:50rem){.cards{display:grid;grid-template-columns:repeat(3,1fr);gap:2rem}}\n")
    return "".join(out)


def script():
    """1.8 kB that does nothing much."""
    body = "".join(f"  const link{n} = document.querySelector('.card a:nth-of-type({n})');\n  if (link{n}) link{n}.dataset.seen = '{n}';\n"
                   for n in range(1, 15))
    return "document.addEventListener('DOMContentLoaded', function () {\n" + body + "});\n"


def logo():
    """6 kB of drawing."""
    dice = random.Random(7)
    paths = "".join(f'<path d="M{dice.randrange(90)} {dice.randrange(90)}C' + " ".join(f"{dice.uniform(0, 99):.3f}" for _ in range(24))
                    + '" fill="none" stroke="#9a2c0c"/>\n' for _ in range(27))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 99 99">\n<title>Mark</title>\n{paths}</svg>\n'


def page(dice, name):
    """What one page says."""
    cards = [{"title": sentence(dice, 3), "text": sentence(dice, 24), "image": PICTURES[n]} for n in range(6)]
    lead = sentence(dice, 18)
    body = "\n\n".join(f"## {sentence(dice, 4)}\n\n{sentence(dice, 40)} **{sentence(dice, 5)}** [{sentence(dice, 3)}](/)" for _ in range(3))
    return {"title": f"{name}: {sentence(dice, 4)}", "description": lead, "lead": lead, "cards": cards}, body


def written(head, body, table):
    """Front matter in TOML and Markdown, which both read."""
    plain = "".join(f"{key} = {json.dumps(value)}\n" for key, value in head.items() if key != "cards")
    one = lambda card: f"\n[[{table}]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in card.items())
    return f"+++\n{plain}{''.join(map(one, head['cards']))}+++\n{body}\n"


HEAD = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title>
<meta name="description" content="{description}">
<link rel="stylesheet" href="{css}">
<script src="{js}" defer></script>
</head>
<body>
<header class="menu"><a href="/"><img src="{logo}" alt="Mark" width="48" height="48"></a></header>
<main>
<section class="hero"><h1>{title}</h1><p class="lead">{lead}</p>{hero}</section>
<section class="cards">
{cards}
</section>
<section class="note">{content}</section>
</main>
<footer class="foot"><p><span>{title}</span></p></footer>
</body>
</html>
"""

CARD = '<article class="card"><h2>{title}</h2><p>{text}</p>{image}<p class="mark"><a href="/">More</a></p></article>'


def landing(root, many, avif, shared):
    """A project of ours."""
    theme = root / "themes/bench/templates"
    theme.mkdir(parents=True)
    def image(name, hero=""):
        return f'<img src="{{{{ {name} }}}}" alt="" data-widths="{",".join(map(str, WIDTHS))}"{hero}>'
    cards = "{% for card in page.cards %}" + CARD.format(
        title="{{ card.title }}", text="{{ card.text }}", image=image("card.image")) + "{% endfor %}"
    template = HEAD.format(lang="{{ page.lang }}", title="{{ page.title }}", description="{{ page.description }}", css="style.css", js="page.js",
                           logo="logo.svg", lead="{{ page.lead }}", hero=image("page.cards[0].image"), cards=cards,
                           content="{{ page.content | safe }}")
    (theme / "text.html").write_text(template)
    (root / "themes/bench/theme.toml").write_text('name = "bench"\ndescription = "What the bench builds."\n')
    (root / "themes/bench/style.css").write_text(styles())
    (root / "themes/bench/page.js").write_text(script())
    (root / "assets").mkdir()
    (root / "assets/logo.svg").write_text(logo())
    for name in PICTURES:
        shutil.copyfile(shared / name, root / "assets" / name)
    languages = "".join(f"[languages.{lang}]\n" for lang in LANGUAGES[1:]) if many else ""
    config = f'[site]\nname = "Bench"\nlang = "en"\ntheme = "bench"\nurl = "https://bench.example"\n[build]\navif = {str(avif).lower()}\n'
    (root / "site").mkdir()
    (root / "site/landing.toml").write_text(config + languages)
    def write(lang, name, head, body):
        folder = root / "site" if lang == LANGUAGES[0] else root / "site" / lang
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.md").write_text(written(head, body, "cards"))
    content(many, write)


def hugo(root, many, avif, shared):
    """The same for hugo: pictures processed to the same widths, CSS and script minified and fingerprinted, HTML minified."""
    (root / "layouts").mkdir(parents=True)
    (root / "assets").mkdir()
    for name, text in [("style.css", styles()), ("page.js", script()), ("logo.svg", logo())]:
        (root / "assets" / name).write_text(text)
    for name in PICTURES:
        shutil.copyfile(shared / name, root / "assets" / name)
    def source(kind):
        candidates = ",".join(f'{{{{ ($i.Resize "{width}x {kind}").RelPermalink }}}} {width}w' for width in WIDTHS)
        return f'<source type="image/{kind}" srcset="{candidates}" sizes="100vw">'
    better = (source("avif") if avif else "") + source("webp")
    (root / "layouts/_partials").mkdir()
    (root / "layouts/_partials/image.html").write_text(
        "{{ $i := resources.Get . }}{{ $f := $i.Resize \"960x\" }}<picture>" + better +
        '<img src="{{ $f.RelPermalink }}" alt="" width="{{ $i.Width }}" height="{{ $i.Height }}" loading="lazy"></picture>')
    image = '{{ partialCached "image.html" %s %s }}'
    cards = "{{ range .Params.cards }}" + CARD.format(title="{{ .title }}", text="{{ .text }}", image=image % (".image", ".image")) + "{{ end }}"
    asset = '{{ (resources.Get "%s" | minify | fingerprint).RelPermalink }}'
    hero = "{{ with index .Params.cards 0 }}" + image % (".image", ".image") + "{{ end }}"
    template = HEAD.format(lang="{{ .Language.Locale }}", title="{{ .Title }}", description="{{ .Description }}", css=asset % "style.css",
                           js=asset % "page.js", logo=asset % "logo.svg", lead="{{ .Params.lead }}", hero=hero, cards=cards,
                           content="{{ .Content }}")
    for kind in ["home", "page"]:
        (root / f"layouts/{kind}.html").write_text(template)
    languages = "".join(f'[languages.{lang}]\nlocale = "{lang}"\nweight = {number + 1}\ncontentDir = "content/{lang}"\n'
                        for number, lang in enumerate(LANGUAGES if many else LANGUAGES[:1]))
    (root / "hugo.toml").write_text(
        'baseURL = "https://bench.example/"\ndefaultContentLanguage = "en"\ndisableKinds = ["taxonomy", "term", "RSS", "section", "404"]\n'
        "uglyURLs = true\n[imaging]\nquality = 75\n" + languages)
    def write(lang, name, head, body):
        folder = root / "content" / lang
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{'_index' if name == 'index' else name}.md").write_text(written(head, body, "params.cards"))
    content(many, write)


def content(many, write):
    for lang in LANGUAGES if many else LANGUAGES[:1]:
        for number in range(VARIANTS + 1 if many else 1):
            head, body = page(random.Random(f"{lang}{number}"), f"Bench {lang} {number}")
            write(lang, "index" if number == 0 else f"v{number:02}", head, body)


def make(root, hugo_binary):
    """Everything below `root`, once."""
    shared = root / "pictures"
    stamp = zlib.crc32(Path(__file__).read_bytes())
    if (root / "stamp").is_file() and (root / "stamp").read_text() == str(stamp):
        return
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    pictures(shared, hugo_binary)
    for many in [False, True]:
        for avif in [False] if many else [False, True]:
            name = ("many" if many else "one") + ("-avif" if avif else "")
            landing(root / "landing" / name, many, avif, shared)
            hugo(root / "hugo" / name, many, avif, shared)
    (root / "stamp").write_text(str(stamp))
