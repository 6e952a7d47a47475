// Bundles src/ into one page without outside references, and the same as a C++ string literal.
//   node build.mjs FOLDER    writes FOLDER/page.html and FOLDER/report_page.inc
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2];
if (!folder) {
  console.error('usage: node build.mjs FOLDER');
  process.exit(2);
}

const { outputFiles } = await build({
  entryPoints: [join(here, 'src/main.js')],
  outdir: folder,
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  target: ['chrome100', 'firefox100', 'safari15'],
  legalComments: 'none', // the licences stand in the page in full
  charset: 'utf8',
});
const text = (ending) => outputFiles.filter((file) => file.path.endsWith(ending)).map((file) => file.text).join('\n');

// Nothing in a script may look like its end.
const script = text('.js').replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
const licences = await Promise.all(
  [['three.js', 'three'], ['uPlot', 'uplot']].map(async ([name, module]) => {
    const root = join(here, 'node_modules', module);
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    return `${name} ${version}\n\n${await readFile(join(root, 'LICENSE'), 'utf8')}`;
  }),
);
const page = (await readFile(join(here, 'src/index.html'), 'utf8'))
  .replace('@LICENCES@', () => licences.join('\n').replaceAll('--', '- -'))
  .replace('@STYLE@', () => text('.css'))
  .replace('@SCRIPT@', () => script);
if (page.includes(')loci_page"')) throw new Error('the page holds what ends its string literal');

await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'page.html'), page);
await writeFile(join(folder, 'report_page.inc'), `R"loci_page(${page})loci_page"\n`);
console.log(`page.html: ${(page.length / 1e3).toFixed(0)} kB`);
