/** media/icon.png: what the Marketplace shows, from icon.svg beside this. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { launchBrowser, repositoryRoot } from '../../test/harness';

const size = 256;

export async function makeIcon(): Promise<string> {
  const file = path.join(repositoryRoot, 'media/icon.png');
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    const svg = fs.readFileSync(path.join(__dirname, 'icon.svg'), 'utf8');
    await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`);
    await page.screenshot({ path: file, omitBackground: true });
  } finally {
    await browser.close();
  }
  return file;
}
