// One file that works without a network, and the licences of what is in it.
import { build } from "esbuild";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const out = "../bundle";
await build({
  entryPoints: ["src/index.js"],
  outfile: `${out}/living_map.js`,
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2021",
  // The other build of regl checks every call, which waits for the graphics each time.
  alias: { regl: "./node_modules/regl/dist/regl.unchecked.js" },
  legalComments: "none",
});
// regl-scatterplot brings its own dependencies inside its file, so all packages but the bundler count.
const packages = readdirSync("node_modules", { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
  .flatMap(({ name }) =>
    name.startsWith("@") ? readdirSync(`node_modules/${name}`).map((own) => `${name}/${own}`) : [name],
  )
  .filter((name) => !name.includes("esbuild"));
const licence = (name) => {
  const about = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
  for (const file of ["LICENSE", "LICENSE.md", "license", "LICENCE", "LICENSE.txt"]) {
    try {
      return `${name} ${about.version}\n\n${readFileSync(`node_modules/${name}/${file}`, "utf8").trim()}\n`;
    } catch {
      // the next name
    }
  }
  return `${name} ${about.version}: ${about.license} (the package has no licence file), ${about.repository?.url ?? about.homepage ?? ""}\n`;
};
writeFileSync(
  `${out}/LICENSES.txt`,
  packages.sort().map(licence).join(`\n${"-".repeat(72)}\n\n`),
);
