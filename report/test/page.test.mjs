// The page in a browser: no error, no request, nothing blank, and everything that one can do with it does something.
//   node page.test.mjs LOCI [SCREENSHOTS]
// LOCI: the program, built with the page. SCREENSHOTS: a folder to keep pictures in.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { look, openPage, startBrowser } from './browser.mjs';
import { makeInputs } from './inputs.mjs';

const [loci, screenshots] = process.argv.slice(2).map((each) => resolve(each));
if (!loci) {
  console.error('usage: node page.test.mjs LOCI [SCREENSHOTS]');
  process.exit(2);
}
if (screenshots) mkdirSync(screenshots, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'loci-report-'));
const text = (page, selector) => page.locator(selector).innerText();

async function keep(page, name) {
  if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}

// Moves the pointer over the view until a neuron is under it.
async function findNeuron(page) {
  const box = await page.locator('#view').boundingBox();
  for (let y = 0.2; y < 0.85; y += 0.05)
    for (let x = 0.1; x < 0.9; x += 0.02) {
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
      if (await page.locator('#neuron .name').count()) return;
    }
  assert.fail('no neuron of the view is found by the pointer');
}

async function moveSlider(page, share) {
  const box = await page.locator('#time').boundingBox();
  await page.mouse.click(box.x + share * box.width, box.y + 0.5 * box.height);
}

const tests = {
  async 'a model with its images: view, hover, inputs, raster and every card'(browser) {
    const { page, problems, close } = await openPage(browser, join(folder, 'model.html'), { colorScheme: 'light' });
    for (const card of ['network', 'spikes', 'layers', 'traces', 'training', 'confusion', 'pruning', 'weights', 'axes'])
      assert.ok(await page.locator(`#${card}`).count(), `the card '${card}' is missing`);
    const before = await look(page, '#view');
    assert.ok(before.colours > 50, `the view shows ${before.colours} colours`);

    await findNeuron(page);
    assert.match(await text(page, '#neuron .name'), /^(input|hidden|output) \d+$/);
    assert.ok((await page.locator('#neuron .edges tr').count()) > 0, 'the strongest edges are missing');
    const hovered = await look(page, '#view');
    assert.notEqual(hovered.sum, before.sum, 'pointing at a neuron draws no edges');

    const seen = new Set([hovered.sum]);
    for (const colour of ['group', 'sign', 'rate', 'degree', 'activation']) {
      await page.selectOption('#colour', colour);
      seen.add((await look(page, '#view')).sum);
    }
    assert.ok(seen.size >= 5, `five ways to colour give ${seen.size} pictures`);

    const layer = (await look(page, '#layers .large')).sum;
    await page.selectOption('#layer-input', '3');
    assert.notEqual((await look(page, '#layers .large')).sum, layer, 'another input shows the same image');
    assert.equal(await page.inputValue('#input'), '3', 'the view has another input than the layers');

    const light = await look(page, '#view');
    const status = await text(page, '#raster-status');
    const raster = await look(page, '.raster');
    assert.ok(raster.colours > 10, 'the raster is blank');
    await moveSlider(page, 0.7);
    assert.notEqual(await text(page, '#raster-status'), status, 'the slider does not move the raster');
    assert.notEqual((await look(page, '.raster')).sum, raster.sum, 'the slider does not redraw the raster');
    assert.notEqual((await look(page, '#view')).sum, light.sum, 'the slider does not light the view');
    await keep(page, 'model-light');

    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const bright = await ground();
    await page.click('#theme');
    assert.notEqual(await ground(), bright, 'the theme does not change');
    await keep(page, 'model-dark');
    assert.deepEqual(problems, []);
    await close();
  },

  async '10,000 neurons and a million spikes: thinned out, said so, below 5 MB'(browser) {
    const size = statSync(join(folder, 'large.html')).size;
    assert.ok(size < 5e6, `the page has ${size} bytes`);
    const { page, problems, close } = await openPage(browser, join(folder, 'large.html'), { colorScheme: 'dark' });
    assert.match(await text(page, '.facts'), /10,000/);
    const spikes = Number((await text(page, '.facts')).match(/([\d,]+)\s*spikes/)[1].replaceAll(',', ''));
    assert.ok(spikes > 1e6, `the circuit fired ${spikes} spikes`);
    assert.match(await text(page, '.notes'), /the raster shows \d+ of \d+ spikes/);
    assert.match(await text(page, '#raster-status'), /of [\d,]+ spikes are shown/);
    assert.ok((await look(page, '#view')).colours > 50);
    const before = await look(page, '.raster');
    await page.selectOption('#window', '100');
    await moveSlider(page, 0.5);
    assert.notEqual((await look(page, '.raster')).sum, before.sum);
    await findNeuron(page);
    assert.match(await text(page, '#neuron .name'), /^[ei] \d+$/);
    await page.click('#play');
    const started = Number((await text(page, '.clock')).replace(' ms', ''));
    await page.waitForFunction((at) => parseFloat(document.querySelector('.clock').textContent) !== at, started);
    await page.click('#play');
    await keep(page, 'large-dark');
    assert.deepEqual(problems, []);
    await close();
  },

  async 'a raster alone needs no network, on a narrow screen'(browser) {
    const { page, problems, close } = await openPage(browser, join(folder, 'raster.html'), { viewport: { width: 420, height: 800 } });
    assert.equal(await page.locator('#network').count(), 0);
    assert.ok((await look(page, '.raster')).colours > 10);
    assert.ok((await page.locator('#spikes .chart[data-drawn=true]').count()) > 0);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `the page is ${wide} px wider than the screen`);
    await keep(page, 'raster-narrow');
    assert.deepEqual(problems, []);
    await close();
  },
};

let failed = 0;
const browser = await startBrowser();
try {
  makeInputs(loci, folder);
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(browser);
      console.log(`ok    ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${name}\n${error.stack}`);
    }
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);
