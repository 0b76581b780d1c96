// Bundles the pages' scripts and styles into convoca/web/static/dist.
//
// Every file directly in src/ and css/ is an entry and keeps its name (dist/app.js, dist/app.css);
// their parts live in folders below. What entries share, and what they import lazily, becomes a
// hashed file in dist/chunks/ that may be cached for ever.

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

const here = import.meta.dirname;
const dist = path.join(here, "..", "convoca", "web", "static", "dist");

const entries = [...(await filesIn("src", ".js")), ...(await filesIn("css", ".css"))];
await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: entries,
  outdir: dist,
  entryNames: "[name]",
  chunkNames: "chunks/[name]-[hash]",
  assetNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  legalComments: "none",
  loader: { ".svg": "file", ".woff2": "file" },
  metafile: true,
  logLevel: "warning",
});
await writeFile(path.join(dist, "THIRD-PARTY-NOTICES"), await notices(metafile));
report(metafile);

async function filesIn(folder, extension) {
  const files = existsSync(path.join(here, folder)) ? await readdir(path.join(here, folder)) : [];
  return files.filter((name) => name.endsWith(extension)).map((name) => `./${folder}/${name}`);
}

/** The licences of every package of which a line stands in the bundles. */
async function notices({ outputs }) {
  const packages = new Set();
  for (const { inputs } of Object.values(outputs)) {
    for (const input of Object.keys(inputs)) {
      const found = input.match(/^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//);
      if (found) packages.add(found[1]);
    }
  }
  const texts = await Promise.all([...packages].sort().map(notice));
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

async function notice(name) {
  const folder = path.join(here, "node_modules", name);
  const { version, license } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} ${version} comes without its licence text`);
  const text = await readFile(path.join(folder, file), "utf8");
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}

function report({ outputs }) {
  const sizes = Object.entries(outputs).filter(([, output]) => output.entryPoint);
  for (const [file, { bytes }] of sizes.filter(([file]) => !file.includes("/chunks/"))) {
    console.log(`${path.basename(file).padEnd(16)} ${(bytes / 1000).toFixed(1).padStart(8)} kB`);
  }
}
