// Chromium without a window, and a page of it that is watched: what it logs as an error, and whatever it asks for.
import { chromium } from 'playwright-core';
import { pathToFileURL } from 'node:url';

const switches = ['--no-sandbox', '--disable-gpu', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const startBrowser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: switches });

// problems: errors of the page and requests beyond itself, as they come.
export async function openPage(browser, file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 950 }, ...options });
  context.setDefaultTimeout(120000); // machines that test are often busy
  const page = await context.newPage();
  const address = pathToFileURL(file).href;
  const problems = [];
  page.on('console', (message) => {
    // The software renderer's remarks about reading pixels back are none of the page's.
    const remark = message.type() === 'warning' && message.text().includes('GPU stall due to ReadPixels');
    if (['error', 'warning'].includes(message.type()) && !remark) problems.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (url !== address && !url.startsWith('data:') && !url.startsWith('blob:')) problems.push(`request: ${url}`);
  });
  await page.goto(address);
  await page.waitForSelector('body[data-ready=true]');
  return { page, problems, close: () => context.close() };
}

// How many different colours a canvas shows, and a number that changes with its content.
export const look = (page, selector) =>
  page.evaluate(async (wanted) => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const canvas = document.querySelector(wanted);
    const copy = document.createElement('canvas');
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, copy.width, copy.height).data.buffer);
    let sum = 0;
    for (const pixel of pixels) sum = (Math.imul(sum, 31) + pixel) | 0;
    return { colours: new Set(pixels).size, sum };
  }, selector);
