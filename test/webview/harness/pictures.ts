/**
 * Pictures of every state in every theme, from made reports: `npx tsx test/webview/harness/pictures.ts FOLDER [CASE…]`.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { launchBrowser } from './browser';
import { gpuPageCaseNames } from './gpuModels';
import { compareCaseNames, inspectCaseNames } from './inspectCases';
import { matrixCaseNames } from './matrixCases';
import { pageCaseNames } from './reports';
import { runCaseNames } from './runReports';
import { startHarness, themeNames } from './server';

const widths = { normal: 1120, narrow: 400, wide: 2200 };

async function main(folder: string, chosen: string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const harness = await startHarness();
  const browser = await launchBrowser();
  try {
    for (const name of chosen.length > 0
      ? chosen
      : [
          ...pageCaseNames,
          ...gpuPageCaseNames,
          ...runCaseNames,
          ...inspectCaseNames,
          ...compareCaseNames,
          ...matrixCaseNames,
        ]) {
      for (const theme of themeNames) {
        for (const [size, width] of Object.entries(widths)) {
          if (size === 'wide' && theme !== 'dark-modern') continue;
          const page = await browser.newPage({ viewport: { width, height: 800 } });
          await page.goto(harness.url(theme, name));
          await page.waitForSelector('h1, .waiting');
          await page.evaluate('document.fonts.ready.then(() => undefined)');
          await page.screenshot({
            path: path.join(folder, `made-report-${name}-${theme}-${size}.png`),
            fullPage: true,
          });
          await page.close();
        }
      }
    }
  } finally {
    await browser.close();
    await harness.close();
  }
}

const [folder, ...chosen] = process.argv.slice(2);
if (!folder) {
  console.error(
    'Say where the pictures go: npx tsx test/webview/harness/pictures.ts FOLDER [CASE…]',
  );
  process.exit(2);
}
void main(folder, chosen);
