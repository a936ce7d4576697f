// One WebP for each block and theme: node shoot.mjs WORK OUT "THEME THEME". WORK/THEME/dist holds the built page of every block.
import { createRequire } from "node:module";
import { createServer } from "node:http";
import fs from "node:fs";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");
const [work, out, themes] = process.argv.slice(2);
const WIDTH = 1120;
const SCALE = 0.72;
const TYPES = { ".html": "text/html", ".avif": "image/avif", ".webp": "image/webp", ".png": "image/png", ".svg": "image/svg+xml" };

function serve(folder) {
  const server = createServer((request, response) => {
    const file = path.join(folder, request.url === "/" ? "index.html" : request.url);
    if (!fs.existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[path.extname(file)] ?? "application/octet-stream" }).end(fs.readFileSync(file));
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

/** Every lazy picture is asked for and drawn. */
async function settle(page) {
  await page.evaluate(async () => {
    for (const image of document.images) image.loading = "eager";
    await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  });
}

/** PNG in, WebP out: the smallest file below 40 kB that still reads well. */
async function webp(page, png) {
  const data = `data:image/png;base64,${png.toString("base64")}`;
  for (const quality of [0.85, 0.75, 0.6, 0.45]) {
    const url = await page.evaluate(
      async ([data, quality]) => {
        const image = new Image();
        image.src = data;
        await image.decode();
        const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
        canvas.getContext("2d").drawImage(image, 0, 0);
        return canvas.toDataURL("image/webp", quality);
      },
      [data, quality],
    );
    const bytes = Buffer.from(url.split(",")[1], "base64");
    if (bytes.length < 38_000 || quality === 0.45) return bytes;
  }
}

fs.mkdirSync(out, { recursive: true });
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
const canvas = await browser.newPage();
for (const theme of themes.trim().split(/\s+/)) {
  const server = await serve(path.join(work, theme, "dist"));
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 720 }, deviceScaleFactor: SCALE, reducedMotion: "reduce" });
  await page.clock.setFixedTime(new Date("2026-11-27T12:00:00Z"));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await settle(page);
  const blocks = fs.readFileSync(path.join(work, theme, "site/index.md"), "utf8").match(/^\[+([a-z]+)\]+$/gm);
  for (const name of new Set(blocks.map((line) => line.replace(/[[\]]/g, "")))) {
    const box = await page.locator(`#${name}`).boundingBox();
    const clip = { x: 0, y: Math.max(0, box.y - 24), width: WIDTH, height: Math.min(box.height + 48, 900) };
    const png = await page.screenshot({ clip, fullPage: true });
    fs.writeFileSync(path.join(out, `${name}-${theme}.webp`), await webp(canvas, png));
  }
  await page.close();
  server.close();
}
await browser.close();
