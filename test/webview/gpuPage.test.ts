/** The GPU page in a real Chromium, under the product's Content Security Policy, in the values of four real themes. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { FromGpuPage, ToGpuPage } from '../../src/core/pages/gpuMemoryView';
import { gpuPageCaseNames, gpuPageCases, type GpuPageCaseName } from './harness/gpuModels';
import type { ThemeName } from './harness/server';
import { accessibilityProblemsInThemes, usePage } from './harness/usePage';

describe('GPU page', function () {
  this.timeout(30_000);

  let page: Page;
  const url = usePage((it) => (page = it));

  async function open(caseName: GpuPageCaseName, theme: ThemeName = 'dark-modern'): Promise<void> {
    await page.goto(url(theme, caseName));
    await page.locator(caseName === 'gpu-waiting' ? '.waiting' : 'h1').waitFor();
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
  }
  const sent = () => page.evaluate<FromGpuPage[]>('window.sent');
  const post = (message: ToGpuPage) =>
    page.evaluate((data) => window.postMessage(data, '*'), message);

  for (const name of gpuPageCaseNames) {
    it(`${name}: shows what it is sent, also at 400 px`, async () => {
      await open(name);
      const text = await page.locator('#page').innerText();
      for (const expected of gpuPageCases[name].expected) {
        assert.ok(text.includes(expected), `"${expected}" is not in:\n${text}`);
      }
      await page.setViewportSize({ width: 400, height: 800 });
      for (const summary of await page.locator('summary').all()) await summary.click();
      const { scroll, client } = await page.evaluate(() => ({
        scroll: document.documentElement.scrollWidth,
        client: document.documentElement.clientWidth,
      }));
      assert.ok(scroll <= client, `${scroll} px wide in ${client} px`);
    });
  }

  for (const name of ['gpu-one', 'gpu-two-one-lost', 'gpu-nearly-full'] as const) {
    it(`${name}: has nothing for axe to find in any theme`, async () => {
      await open(name);
      for (const summary of await page.locator('summary').all()) await summary.click();
      assert.deepEqual(await accessibilityProblemsInThemes(page), []);
    });
  }

  it('draws a plot whose line is there, and again when the theme changes', async () => {
    await open('gpu-one');
    const painted = () =>
      page.evaluate(() => {
        const canvas = document.querySelector('canvas')!;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        const colours = new Set<number>();
        for (let i = 0; i < data.length; i += 4) {
          colours.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
        }
        return { colours: colours.size, blue: colours.has(0x12_34_56) };
      });
    const first = await painted();
    assert.ok(first.colours > 3, `${first.colours} colours`);
    assert.equal(first.blue, false);
    await page.evaluate(() =>
      document.documentElement.style.setProperty('--vscode-charts-blue', '#123456'),
    );
    await page.evaluate('new Promise((done) => setTimeout(done, 100))');
    assert.equal((await painted()).blue, true);
  });

  it('the plot’s label and its table say the same as the plot', async () => {
    await open('gpu-one');
    const label = (await page.locator('history-plot').getAttribute('aria-label')) ?? '';
    assert.match(label, /now 2\.0 GiB, least 2\.0 GiB, most 6\.2 GiB/);
    await page.locator('.gpu-history summary').click();
    const rows = page.locator('.gpu-history tbody tr');
    // The table is made once its disclosure says that it is open.
    await rows.nth(9).waitFor();
    assert.match(await rows.first().innerText(), /2\.0 GiB/);
  });

  it('an open table stays open while new looks come, and after the page was hidden', async () => {
    await open('gpu-one');
    await page.locator('.gpu-history summary').click();
    const last = gpuPageCases['gpu-one'].messages.at(-1);
    assert.ok(last?.type === 'model');
    await post({ type: 'model', model: { ...last.model, at: last.model.at + 2000 } });
    assert.equal(await page.locator('.gpu-history details').getAttribute('open'), '');
    await page.reload();
    await page.locator('.gpu-history table').waitFor();
  });

  it('sends its commands', async () => {
    await open('gpu-two-one-lost');
    await page.getByRole('button', { name: 'Choose GPU…' }).click();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('button', { name: 'Use this GPU for checks and runs: GPU 1' }).click();
    const types = (await sent()).map((message) => message.type);
    assert.deepEqual(types, ['ready', 'chooseGpu', 'refresh', 'openSettings', 'useGpu']);
    assert.ok(JSON.stringify((await sent()).at(-1)).includes('GPU-00000001'));
  });

  it('hostile names stay text', async () => {
    await open('gpu-hostile');
    assert.equal(await page.locator('#page img, #page script, #page a').count(), 0);
  });
});
