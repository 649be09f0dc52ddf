/** The Tensors and Layers tabs and the page of two engines in a real Chromium, under the product's policy, in four themes. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { FromComparePage } from '../../src/core/pages/comparePageMessages';
import type { FromPage, ToPage } from '../../src/core/pages/pageMessages';
import {
  compareCaseNames,
  compareCases,
  inspectCaseNames,
  inspectCases,
  manyLayers,
} from './harness/inspectCases';
import type { ThemeName } from './harness/server';
import { accessibilityProblemsInThemes, usePage } from './harness/usePage';

describe('inspect tabs', function () {
  this.timeout(30_000);

  let page: Page;
  const url = usePage((it) => (page = it));

  async function open(name: string, theme: ThemeName = 'dark-modern'): Promise<void> {
    await page.goto(url(theme, name));
    await page.locator('h1').waitFor();
    const panel = name.startsWith('compare')
      ? name === 'compare-waiting'
        ? '.waiting'
        : '.compared'
      : `[data-panel=${name.split('-')[0]!}]`;
    await page.locator(panel).first().waitFor();
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
  }

  const sent = async () =>
    (await page.evaluate<(FromPage | FromComparePage)[]>('window.sent')).slice(1);
  const post = (message: ToPage) => page.evaluate((it) => window.postMessage(it, '*'), message);
  const text = () => page.locator('#page').innerText();
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const grid = () => page.locator('[role=grid]');
  const chosen = () => page.locator('.grid-row.selected').getAttribute('data-layer');
  const heading = () => page.locator('#layer-heading').innerText();
  const firstRow = () => page.locator('.grid-body .grid-row').first().getAttribute('data-layer');

  /** Chooses a layer and opens everything there is to open. */
  async function openAll(): Promise<void> {
    for (const summary of await page.locator('summary').all()) await summary.click();
    const row = page.locator('.grid-body .grid-row').nth(1);
    if ((await row.count()) > 0) await row.click();
  }

  it('two engines that fail alike say so once', async () => {
    await open('compare-no-gpu');
    assert.equal(await page.getByText('needs an NVIDIA GPU').count(), 1);
  });

  for (const name of [...inspectCaseNames, ...compareCaseNames]) {
    describe(name, () => {
      const { expected } = { ...inspectCases, ...compareCases }[name];

      it('shows what it is sent', async () => {
        await open(name);
        const shown = (await text()).toLowerCase();
        for (const it of expected) {
          assert.ok(shown.includes(it.toLowerCase()), `"${it}" is not in:\n${shown}`);
        }
        assert.equal(await page.locator('#page img, #page script').count(), 0);
      });

      it('has no horizontal scroll at 400 px', async () => {
        await page.setViewportSize({ width: 400, height: 800 });
        await open(name);
        await openAll();
        const { scroll, client } = await page.evaluate(() => ({
          scroll: document.documentElement.scrollWidth,
          client: document.documentElement.clientWidth,
        }));
        assert.ok(scroll <= client, `${scroll} px wide in ${client} px`);
      });

      it('has nothing for axe to find in any theme', async () => {
        await open(name);
        await openAll();
        assert.deepEqual(await accessibilityProblemsInThemes(page), []);
      });
    });
  }

  describe('tabs', () => {
    it('are one tab stop; arrows, Home and End show the others', async () => {
      await open('tensors-none');
      const tab = (name: string) => page.getByRole('tab', { name });
      assert.equal(await page.locator('[role=tab][tabindex="0"]').count(), 1);
      await tab('Tensors').focus();
      const visited: string[] = [];
      for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowLeft', 'Home', 'End']) {
        await page.keyboard.press(key);
        visited.push(
          await page.evaluate<string>('document.activeElement.dataset.tab'),
          (await page.locator('.tab-panel').getAttribute('data-panel'))!,
        );
      }
      const expected = ['layers', 'run', 'overview', 'run', 'overview', 'run'];
      assert.deepEqual(
        visited,
        expected.flatMap((it) => [it, it]),
      );
      assert.equal(await tab('Run').getAttribute('aria-selected'), 'true');
      assert.equal(
        await page.getByRole('tabpanel').getAttribute('aria-labelledby'),
        await tab('Run').getAttribute('id'),
      );
    });

    it('stay where they were, with the chosen layer', async () => {
      await open('layers-real');
      await page.locator('[data-layer="4"]').click();
      await page.waitForFunction(
        () =>
          (JSON.parse(sessionStorage.getItem('state') ?? '{}') as { selectedLayer?: number })
            .selectedLayer === 4,
      );
      await page.reload();
      await page.locator('.grid-row.selected').waitFor();
      assert.equal(await chosen(), '4');
    });

    it('survive kept state that makes no sense', async () => {
      await page.addInitScript(
        `sessionStorage.setItem('state', '{"tab":"x","selectedLayer":"y"}')`,
      );
      await page.goto(url('dark-modern', 'valid'));
      await page.locator('[data-panel=overview]').waitFor();
    });
  });

  describe('commands', () => {
    const clicks: [string, string, FromPage | FromComparePage][] = [
      ['tensors-none', 'Load Engine', { type: 'inspect' }],
      ['layers-none', 'Load Engine', { type: 'inspect' }],
      ['layers-none', 'Import Layers…', { type: 'importLayers' }],
      ['tensors-running', 'Cancel', { type: 'cancelInspect' }],
      ['tensors-failed', 'Try Again', { type: 'inspect' }],
      ['tensors-no-gpu', 'Load Anyway', { type: 'inspect' }],
      ['tensors-restricted', 'Manage Workspace Trust', { type: 'manageTrust' }],
      ['tensors-done', 'Load Again', { type: 'inspect' }],
      ['tensors-done', 'Export JSON…', { type: 'exportInspection' }],
      ['tensors-done', 'Compare with Another Engine…', { type: 'compareEngine' }],
      ['layers-done', 'Export JSON…', { type: 'exportLayers', format: 'json' }],
      ['layers-done', 'Import Times…', { type: 'importProfile' }],
      ['layers-names-only', 'Rebuild with Detailed Layers…', { type: 'rebuildDetailed' }],
      ['layers-not-told', 'Rebuild with Detailed Layers…', { type: 'rebuildDetailed' }],
      ['layers-imported', 'Back to the Engine', { type: 'forgetImported' }],
      ['compare-engines', 'Swap', { type: 'swap' }],
      ['compare-engines', 'Choose Another…', { type: 'chooseOther' }],
      ['compare-engines', 'Open Engine: detector.engine', { type: 'openEngine', side: 'first' }],
      ['compare-waiting', 'Cancel', { type: 'cancel' }],
    ];
    for (const [caseName, name, message] of clicks) {
      it(`sends ${JSON.stringify(message)} for "${name}" in ${caseName}`, async () => {
        await open(caseName);
        await button(name).first().click();
        await button(name).first().focus();
        await page.keyboard.press('Enter');
        assert.deepEqual(await sent(), [message, message]);
      });
    }

    it('makes the CSV of all layers, with the times that are shown', async () => {
      await open('layers-real');
      await button('Export CSV…').click();
      const [message] = await sent();
      assert.ok(message?.type === 'exportLayers' && message.format === 'csv');
      const lines = message.text.trim().split('\r\n');
      assert.equal(lines.length, 96);
      assert.match(lines[2]!, /^1,__myl_Move_myl0_1,kgen,float32,1x3x\?x\?,0,,0\.039,/);
    });
  });

  describe('tensors', () => {
    it('show the shapes of the profile that is chosen', async () => {
      await open('tensors-done');
      assert.match(await text(), /1x3x1280x1280/);
      await page.getByLabel('Min, opt and max are those of').selectOption('1');
      assert.doesNotMatch(await text(), /1x3x1280x1280/);
      assert.match(await text(), /1x3x640x640/);
    });

    it('count the time while waiting', async () => {
      await open('tensors-running');
      const before = await page.locator('.gate-progress').innerText();
      await page.waitForFunction(
        (text) => document.querySelector<HTMLElement>('.gate-progress')?.innerText !== text,
        before,
      );
    });
  });

  describe('layers', () => {
    it('are filtered by words, type and precision', async () => {
      await open('layers-real');
      const shown = page.locator('.filter-count');
      await page.getByLabel('Filter layers').fill('conv.1 fusion');
      assert.match(await shown.innerText(), /^\d+ of 95 layers$/);
      await page.getByLabel('Type', { exact: true }).selectOption({ label: 'kgen (30)' });
      assert.equal(await shown.innerText(), '0 of 95 layers');
      assert.match(await text(), /No layer fits the filter/);
      await button('Clear Filter').click();
      assert.equal(await shown.innerText(), '95 layers');
      assert.equal(await page.getByLabel('Filter layers').inputValue(), '');
      await page.getByRole('button', { name: 'runtime_fusion' }).click();
      assert.equal(await shown.innerText(), '29 of 95 layers');
      await page.getByLabel('Precision', { exact: true }).selectOption({ label: 'int32 (1)' });
      assert.equal(await shown.innerText(), '0 of 95 layers');
    });

    it('are sorted by a column, and by it again the other way', async () => {
      await open('layers-real');
      const head = (column: string) => page.locator(`[data-column=${column}]`);
      await head('weightBytes').click();
      assert.equal(await head('weightBytes').getAttribute('aria-sort'), 'descending');
      assert.match(await page.locator('.grid-body .grid-row').first().innerText(), /577\.5 KiB/);
      await head('weightBytes').click();
      assert.equal(await head('weightBytes').getAttribute('aria-sort'), 'ascending');
      assert.equal(await firstRow(), '0');
      await head('time').click();
      const times = await page.locator('.grid-body [aria-colindex="8"]').allInnerTexts();
      const numbers = times.map((it) => Number.parseFloat(it));
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => b - a),
      );
    });

    it('tell assistive technology how many there are and which one is active', async () => {
      await open('layers-many');
      assert.equal(await grid().getAttribute('aria-rowcount'), '2001');
      assert.ok((await page.locator('.grid-body .grid-row').count()) < 80);
      const active = async () => {
        const id = (await grid().getAttribute('aria-activedescendant'))!;
        return page.locator(`#${id}`).locator('xpath=..').getAttribute('aria-rowindex');
      };
      await grid().focus();
      assert.equal(await active(), '2');
      for (const [key, row] of [
        ['ArrowDown', '3'],
        ['End', '2001'],
        ['ArrowDown', '2001'],
        ['ArrowUp', '2000'],
        ['Home', '2'],
        ['ArrowUp', '1'],
        ['ArrowDown', '2'],
      ] as const) {
        await page.keyboard.press(key);
        await page.locator(`[aria-rowindex="${row}"]`).waitFor();
        assert.equal(await active(), row, key);
      }
      await page.keyboard.press('PageDown');
      assert.ok(Number(await active()) > 10);
    });

    it('go from the table to the details by Enter, and sort from a heading', async () => {
      await open('layers-done');
      await grid().focus();
      await page.keyboard.press('ArrowDown');
      assert.equal(await chosen(), '1');
      assert.equal(await heading(), 'node_of_9_myl0_1');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.activeElement?.id === 'layer-heading');
      await grid().focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      assert.equal(await page.locator('[data-column=name]').getAttribute('aria-sort'), 'ascending');
    });

    it('lead back to ONNX nodes and on to their neighbours', async () => {
      await open('layers-done');
      await page.locator('[data-layer="1"]').click();
      const details = page.locator('.layer-details');
      const shown = await details.innerText();
      for (const it of [
        'Conv',
        'node_of_10',
        'conv1.weight',
        '__myelin_CASK_STUB',
        '1x64x224x224',
        '12.3 MiB',
        '(NHWC) Channel major format',
      ]) {
        assert.ok(shown.includes(it), `"${it}" is not in:\n${shown}`);
      }
      await details.getByRole('button', { name: 'node_of_11_myl0_2' }).click();
      assert.equal(await chosen(), '2');
      await page.locator('[data-layer="5"]').click();
      assert.match(await details.innerText(), /node_of_18 not in superResolution\.onnx/);
      await button('Copy Name').click();
      assert.deepEqual(await sent(), [{ type: 'copyText', text: '__myl_Tran_myl0_5' }]);
    });

    it('are drawn around the chosen one, by keyboard too', async () => {
      await open('layers-real');
      await page.locator('[data-layer="3"]').click();
      const nodes = page.locator('.graph-node');
      const few = await nodes.count();
      assert.ok(few >= 3 && few < 12, `${few} nodes`);
      await page.getByLabel('Steps').selectOption('4');
      assert.ok((await nodes.count()) > few);
      const width = async () => Number(await page.locator('.graph-picture').getAttribute('width'));
      const before = await width();
      await button('Zoom In').click();
      assert.ok((await width()) > before);
      assert.equal(await page.locator('.graph-node[tabindex="0"]').count(), 1);
      await page.locator('.graph-node[tabindex="0"]').focus();
      await page.keyboard.press('ArrowDown');
      const id = await page.evaluate<string>('document.activeElement.dataset.id');
      assert.notEqual(id, 'l3');
      await page.keyboard.press('Enter');
      assert.equal(`l${await chosen()}`, id);
      await page.waitForFunction(
        (it) => (document.activeElement as SVGElement | null)?.dataset['id'] === it,
        id,
      );
    });

    it('are drawn in groups when there are many', async () => {
      await open('layers-many');
      await button('Whole engine').click();
      assert.ok((await page.locator('.graph-node').count()) <= 40);
      await page.locator('.graph-node').nth(3).click();
      await button('Back to All Groups').waitFor();
      await page.locator('.graph-node').nth(2).click();
      assert.ok((await chosen()) !== null);
      assert.ok((await page.locator('.graph-node').count()) <= 60);
    });

    it('stay usable when there are 20,000', async () => {
      await open('layers-many');
      await post({
        type: 'layers',
        layers: {
          state: 'given',
          source: 'engine',
          fileName: 'large.engine',
          bytes: manyLayers(20_000),
          profile: null,
        },
      });
      await page.locator('.filter-count', { hasText: '20,000 layers' }).waitFor();
      assert.ok((await page.locator('.grid-body .grid-row').count()) < 80);
      await page.getByLabel('Filter layers').fill('MatMul_19999');
      await page.locator('.filter-count', { hasText: '1 of 20,000 layers' }).waitFor();
      assert.equal(await firstRow(), '19999');
      await page.locator('[data-layer="19999"]').click();
      assert.ok((await page.locator('.graph-node').count()) > 1);
      await page.getByLabel('Filter layers').fill('');
      await page.locator('[data-column=name]').click();
      await grid().focus();
      await page.keyboard.press('End');
      await page.locator('[aria-rowindex="20001"]').waitFor();
      await page.locator('.grid-scroller').evaluate((it) => it.scrollTo({ top: 260_000 }));
      await page.waitForFunction(() => {
        const rows = [...document.querySelectorAll('.grid-body .grid-row')];
        return rows.some((it) => it.getAttribute('aria-rowindex') === '10002');
      });
    });

    it('forget the choice when other layers come', async () => {
      await open('layers-done');
      await page.locator('[data-layer="2"]').click();
      await post({
        type: 'layers',
        layers: {
          state: 'given',
          source: 'file',
          fileName: 'other.json',
          bytes: new TextEncoder().encode('["a", "b"]'),
          profile: null,
        },
      });
      await page.locator('.filter-count', { hasText: '2 layers' }).waitFor();
      assert.equal(await page.locator('.grid-row.selected').count(), 0);
      assert.match(await text(), /From other\.json, not from this engine/);
    });
  });
});
