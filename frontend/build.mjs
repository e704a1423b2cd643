// Builds the style, the scripts, the icons and the font into src/amends/web/static/dist, under names that change with
// the content, and writes manifest.json: plain name → built name.
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const STATIC = join(HERE, "../src/amends/web/static");
const OUT = join(STATIC, "dist");
const FONTS = ["inter-latin-wght-normal.woff2", "inter-latin-ext-wght-normal.woff2"];

mkdirSync(STATIC, { recursive: true });
const built = mkdtempSync(join(STATIC, ".building-"));
chmodSync(built, 0o755); // a folder made for the moment is closed to others
const manifest = {};

function add(name, content) {
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const dot = name.lastIndexOf(".");
  manifest[name] = `${name.slice(0, dot)}-${digest}${name.slice(dot)}`;
  writeFileSync(join(built, manifest[name]), content);
}

function fonts() {
  for (const font of FONTS) add(font, readFileSync(join(HERE, "node_modules/@fontsource-variable/inter/files", font)));
}

function icons() {
  const names = JSON.parse(readFileSync(join(HERE, "icons.json"), "utf8"));
  const symbols = names.map((name) => {
    const svg = readFileSync(join(HERE, "node_modules/lucide-static/icons", `${name}.svg`), "utf8");
    const inner = svg.replace(/<!--.*?-->/s, "").replace(/^\s*<svg[^>]*>/s, "").replace(/<\/svg>\s*$/s, "");
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s*\n\s*/g, "")}</symbol>`;
  });
  add("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);
}

function style() {
  const out = join(built, "app.css");
  const tailwind = join(HERE, "node_modules/@tailwindcss/cli/dist/index.mjs");
  execFileSync(process.execPath, [tailwind, "-i", "css/app.css", "-o", out, "--minify"], { cwd: HERE, stdio: "pipe" });
  let css = readFileSync(out, "utf8");
  rmSync(out);
  for (const font of FONTS) css = css.replaceAll(`/${font}`, manifest[font]);
  add("app.css", css);
}

async function scripts() {
  const entries = readdirSync(join(HERE, "ts/entries")).filter((name) => name.endsWith(".ts"));
  const result = await build({
    absWorkingDir: HERE,
    entryPoints: entries.map((name) => `ts/entries/${name}`),
    entryNames: "[name]-[hash]",
    chunkNames: "chunk-[hash]",
    outdir: built,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "none",
    metafile: true,
  });
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    if (output.entryPoint?.startsWith("ts/entries/")) manifest[basename(output.entryPoint).replace(/\.ts$/, ".js")] = basename(path);
  }
}

try {
  fonts();
  icons();
  style();
  await scripts();
  writeFileSync(join(built, "manifest.json"), JSON.stringify(manifest, null, 1));
  rmSync(OUT, { recursive: true, force: true });
  renameSync(built, OUT);
} catch (problem) {
  rmSync(built, { recursive: true, force: true });
  console.error(problem.stderr?.toString() || problem);
  process.exit(1);
}
