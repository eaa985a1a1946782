// Writes src/generated from programs/idl. `--check` compares instead.
//
// Codama renders the clients. What is changed of its output, each for one reason:
// - relative imports name files, as Node and browsers resolve them;
// - messages of errors are there in production too, and nothing asks for `process`, which browsers lack;
// - one type of the plugin's, written for an earlier kit, is cast.
// `errors.ts` is ours: name and message of every error by program and number, for logs and failed transactions.

import { mkdtempSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { rootNodeFromAnchor } from "@codama/nodes-from-anchor";
import { renderVisitor } from "@codama/renderers-js";
import { createFromRoot, updateInstructionsVisitor } from "codama";

const PROGRAMS = ["verifier", "feed", "lending", "market", "credit"];
/** An instruction and an account of one name would export one constant twice. */
const RENAMED = { lending: { snapshot: { name: "takeSnapshot" } } };

const root = dirname(fileURLToPath(import.meta.url));
const committed = join(root, "src/generated");

async function generate(folder) {
  const idls = PROGRAMS.map((name) => JSON.parse(readFileSync(join(root, `../../programs/idl/assay_${name}.json`), "utf8")));
  for (const [index, name] of PROGRAMS.entries()) {
    const codama = createFromRoot(rootNodeFromAnchor(idls[index]));
    codama.update(updateInstructionsVisitor(RENAMED[name] ?? {}));
    await codama.accept(
      renderVisitor(folder, {
        generatedFolder: name,
        kitImportStrategy: "rootOnly",
        prettierOptions: { parser: "typescript", printWidth: 120 },
        syncPackageJson: false,
      }),
    );
  }
  for (const path of files(folder)) {
    writeFileSync(path, rewritten(path));
  }
  writeFileSync(join(folder, "errors.ts"), errors(idls));
}

function rewritten(path) {
  const text = readFileSync(path, "utf8");
  const resolve = (specifier) => {
    const target = join(dirname(path), specifier);
    return existsSync(`${target}.ts`) ? `${specifier}.js` : `${specifier}/index.js`;
  };
  return text
    .replace(/(from\s+["'])(\.[^"']*)(["'])/g, (_, before, specifier, after) => before + resolve(specifier) + after)
    .replace(/( *)if \(process\.env\["NODE_ENV"\] !== "production"\) \{\n([^}]*?)\n *\}\n\n *return "Error message not available in production bundles\.";\n/g, "$2\n")
    .replace(/^(let \w+: Record<[^;]*?> \| undefined);\nif \(process\.env\["NODE_ENV"\] !== "production"\) \{\n *(\w+) = (\{[^}]*\});\n\}\n/gm, "const $2 = $3 as const;\n")
    .replace(/return extendClient\(client, (\{.*\})\);\n/gs, "return extendClient(client, $1) as never;\n");
}

function errors(idls) {
  const programs = idls.map((idl, index) => {
    const rows = idl.errors.map(({ code, name, msg }) => `      ${code}: [${JSON.stringify(name)}, ${JSON.stringify(msg)}],\n`);
    return `  "${idl.address}": {\n    program: "${PROGRAMS[index]}",\n    errors: {\n${rows.join("")}    },\n  },\n`;
  });
  return (
    "// Written by generate.mjs from programs/idl.\n\n" +
    "/** For each program, by address: its name, and name and message of each of its errors by number. */\n" +
    "export const PROGRAM_ERRORS: Record<string, { program: string; errors: Record<number, readonly [string, string]> }> = {\n" +
    `${programs.join("")}};\n`
  );
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

if (process.argv.includes("--check")) {
  const folder = mkdtempSync(join(tmpdir(), "assay-generated-"));
  try {
    await generate(folder);
    const fresh = new Map(files(folder).map((path) => [relative(folder, path), readFileSync(path, "utf8")]));
    const present = new Map(files(committed).map((path) => [relative(committed, path), readFileSync(path, "utf8")]));
    const differing = [...new Set([...fresh.keys(), ...present.keys()])].filter((name) => fresh.get(name) !== present.get(name));
    if (differing.length > 0) {
      console.error(`src/generated is not what programs/idl gives: ${differing.join(", ")}\nhint: run \`npm run generate\``);
      process.exitCode = 1;
    } else {
      console.log(`${fresh.size} generated files are what programs/idl gives`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
} else {
  rmSync(committed, { recursive: true, force: true });
  await generate(committed);
}
