#!/usr/bin/env python3
"""What a phone downloads, beside hugo's pages: the same words, the same six photographs, the same layout.

    weight.py [--landing FILE]     (`make bench-weight`)

In: `landing`, the hugo of `tests/tools/install`, the photographs of Debian's `mate-backgrounds` (free licences; see its copyright file),
Chromium, and the scorer `benches/score.rs`. Out: for each page the requests before and after scrolling and the bytes that a phone of 412
pixels at 2.625 loads (Brotli 11 for text, header fields not counted); for each picture its bytes and how well it looks as shown, by
SSIMULACRA2. Ends with an error when a promise is broken: one request before scrolling, at most 0.6 of the bytes of the lighter of
hugo's two pages at equal or better looks, no larger format first, no narrower file with more bytes than a wider one.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "benches/.work/weight"
HUGO = ROOT / "tests/.tools/folders/python/hugo/binaries/hugo"
PHOTOS = Path("/usr/share/backgrounds/mate/nature")
PICTURES = ["Aqua.jpg", "LadyBird.jpg", "Storm.jpg", "TwoWings.jpg", "Garden.jpg", "YellowFlower.jpg"]
# What a page of hugo's that is made with care offers; ours are those that landing chooses where nobody says anything.
WIDTHS = (480, 960, 1600)
SHARE = 0.6
# Hugo's WebP of quality 75, 1,600 pixels wide, looks like this on a phone that shows a thousand of them.
QUALITY = 78

TEXT = ("A page that a million people open in the same minute has to be there at once. It asks for nothing that it does not need, and "
        "what it needs comes with it. The rest waits until somebody scrolls.")
STYLE = ("*{box-sizing:border-box}body{margin:0;font:17px/1.55 system-ui,sans-serif;color:#17130f;background:#fbf7ef}"
         "main{max-width:46rem;margin:0 auto;padding:16px}img{display:block;width:100%;height:auto}.hero h1{font-size:2.2rem;line-height:1.1}"
         ".hero{min-height:100svh}.card{margin:3rem 0}.card h2{font-size:1.4rem}.foot{padding:16px;border-top:1px solid #ddd}")
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{css}">
</head>
<body>
<main>
<section class="hero"><h1>{title}</h1>{hero}<p>{text}</p></section>
{cards}
</main>
<footer class="foot"><p>{title}</p></footer>
</body>
</html>
"""
CARD = '<article class="card"><h2>{name}</h2>{image}<p>{text}</p></article>'
TITLE = "Six photographs"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def page(css, image):
    """The page with pictures as the builder writes them."""
    cards = "\n".join(CARD.format(name=name.removesuffix(".jpg"), image=image(name, False), text=TEXT) for name in PICTURES[1:])
    return PAGE.format(title=TITLE, css=css, hero=image(PICTURES[0], True), text=TEXT, cards=cards)


def landing(root, binary):
    """Built by us."""
    image = lambda name, hero: f'<img src="{name}" alt="A photograph"{" data-hero" if hero else ""}>'
    write(root / "themes/bench/templates/text.html", page("style.css", image))
    write(root / "themes/bench/theme.toml", 'name = "bench"\ndescription = "What the bench builds."\n')
    write(root / "themes/bench/style.css", STYLE)
    write(root / "site/landing.toml", '[site]\nname = "Bench"\nlang = "en"\ntheme = "bench"\nurl = "https://bench.example"\n[build]\nquality = %d\n' % QUALITY)
    write(root / "site/index.md", f'+++\ntitle = "{TITLE}"\n+++\n{TEXT}\n')
    copy(root / "assets")
    subprocess.run([binary, "-C", root, "build"], check=True, stdout=subprocess.DEVNULL)
    return root / "dist"


def hugo(root, formats):
    """Built by hugo, with everything that its documentation advises: fingerprints, minified, lazy below the first picture."""
    def image(name, hero):
        return '{{ partial "image.html" (dict "name" "%s" "loading" "%s") }}' % (name, "eager" if hero else "lazy")
    source = lambda kind: '<source type="image/%s" srcset="%s" sizes="calc(100vw - 32px)">' % (
        kind, ",".join(f'{{{{ ($i.Resize "{width}x {kind}").RelPermalink }}}} {width}w' for width in WIDTHS))
    write(root / "layouts/_partials/image.html", '{{ $i := resources.Get .name }}{{ $f := $i.Resize "960x" }}<picture>' + "".join(map(source, formats))
          + '<img src="{{ $f.RelPermalink }}" alt="A photograph" width="{{ $i.Width }}" height="{{ $i.Height }}" loading="{{ .loading }}"></picture>')
    write(root / "layouts/home.html", page('{{ (resources.Get "style.css" | minify | fingerprint).RelPermalink }}', image))
    write(root / "assets/style.css", STYLE)
    write(root / "hugo.toml", 'baseURL = "https://bench.example/"\ndisableKinds = ["taxonomy", "term", "RSS", "section", "404", "sitemap"]\n[imaging]\nquality = 75\n')
    write(root / "content/_index.md", f'+++\ntitle = "{TITLE}"\n+++\n{TEXT}\n')
    copy(root / "assets")
    subprocess.run([HUGO, "--quiet", "--minify", "--source", root, "--noBuildLock"], check=True)
    return root / "public"


def copy(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name in PICTURES:
        shutil.copyfile(PHOTOS / name, folder / name)


def scores(pages):
    """SSIMULACRA2 of every picture as it is shown, beside the original shown at the same size."""
    pairs = [[it["original"], it["shown"]] for seen in pages.values() for it in seen["pictures"]]
    command = ["cargo", "bench", "--quiet", "--profile", "dev", "--bench", "score", "--"] + [path for pair in pairs for path in pair]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    numbers = iter(map(float, said.split()))
    for seen in pages.values():
        for it in seen["pictures"]:
            it["score"] = next(numbers)


def order(name, seen):
    """What is offered in the wrong order: [(format, width, bytes)] per picture, in the order of the document."""
    wrong = []
    for picture in seen["offers"]:
        groups = [group for group in picture["groups"] if group]
        for group in groups:
            rising = sorted(group, key=lambda it: it["width"])
            wrong += [f"{name}: {a['url']} has {a['bytes']} bytes, the wider {b['url']} {b['bytes']}"
                      for a, b in zip(rising, rising[1:]) if a["bytes"] >= b["bytes"] and a["width"] < b["width"]]
        for first, next_ in zip(groups, groups[1:]):
            for it in first:
                same = [other for other in next_ if other["width"] == it["width"] and other["bytes"] < it["bytes"]]
                wrong += [f"{name}: {it['url']} with {it['bytes']} bytes stands before {other['url']} with {other['bytes']}" for other in same]
    return wrong


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--landing", default=os.environ.get("LANDING", ROOT / "target/release/landing"))
    arguments = arguments.parse_args()
    if not PHOTOS.is_dir():
        sys.exit("the photographs are missing: `make bench-weight` installs Debian's package `mate-backgrounds`")
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    copy(WORK / "originals")
    sites = {
        "hugo WebP": hugo(WORK / "hugo-webp", ["webp"]),
        "hugo AVIF": hugo(WORK / "hugo-avif", ["avif", "webp"]),
        "landing": landing(WORK / "landing", Path(arguments.landing).resolve()),
    }
    asked = {"sites": {name: str(path) for name, path in sites.items()}, "originals": str(WORK / "originals"), "names": PICTURES, "out": str(WORK)}
    said = subprocess.run(["node", ROOT / "benches/weight/visit.mjs"], input=json.dumps(asked), check=True, stdout=subprocess.PIPE, text=True).stdout
    pages = json.loads(said)
    scores(pages)
    print(f"{'page':12}{'requests':>10}{'scrolled':>10}{'before scroll':>15}{'all bytes':>12}{'mean score':>12}")
    mean = lambda seen: sum(it["score"] for it in seen["pictures"]) / len(PICTURES)
    for name, seen in pages.items():
        print(f"{name:12}{seen['first']:>10}{seen['requests']:>10}{seen['firstBytes']:>15,}{seen['bytes']:>12,}{mean(seen):>12.1f}")
    print(f"\n{'picture, as shown':20}" + "".join(f"{name:>26}" for name in pages))
    for at, picture in enumerate(PICTURES):
        cells = [seen["pictures"][at] for seen in pages.values()]
        print(f"{picture:20}" + "".join(f"{it['width']:>8} px{it['bytes']:>9,} B{it['score']:>4.0f}" for it in cells))
    ours = pages["landing"]
    rival = min((seen for name, seen in pages.items() if name != "landing"), key=lambda seen: seen["bytes"])
    share = ours["bytes"] / rival["bytes"]
    print(f"\nlanding loads {share:.2f} of the bytes of the lighter of hugo's (at most {SHARE})")
    if ours["pictures"][0]["inside"]:
        print(f"its first picture came with the document, {ours['pictures'][0]['score']:.0f} by SSIMULACRA2; hugo's came later, {rival['pictures'][0]['score']:.0f}")
    wrong = order("landing", ours)
    for name in ["hugo WebP", "hugo AVIF"]:
        for line in order(name, pages[name]):
            print(f"theirs: {line}")
    if ours["first"] != 1:
        wrong.append(f"the first screen took {ours['first']} requests")
    if share > SHARE:
        wrong.append(f"{share:.2f} of the bytes, more than {SHARE}")
    for at, picture in enumerate(PICTURES):
        own, other = ours["pictures"][at], rival["pictures"][at]
        if own["score"] < other["score"] - 1 and not own["inside"]:
            wrong.append(f"{picture} looks worse than hugo's: {own['score']:.1f}, {other['score']:.1f}")
    for line in wrong:
        print(f"not kept: {line}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
