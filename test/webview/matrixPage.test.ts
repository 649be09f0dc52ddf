/** The matrix page in a real Chromium: engines × targets, by mouse and by keyboard. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { FromMatrixPage } from '../../src/core/pages/matrixPageMessages';
import { matrixCases, type MatrixCaseName } from './harness/matrixCases';
import type { ThemeName } from './harness/server';
import { accessibilityProblemsInThemes, usePage } from './harness/usePage';

describe('matrix page', function () {
  this.timeout(30_000);

  let page: Page;
  const url = usePage((it) => (page = it));
  const sent = () => page.evaluate<FromMatrixPage[]>('window.sent');

  async function open(name: MatrixCaseName, theme: ThemeName = 'dark-modern'): Promise<void> {
    await page.goto(url(theme, name));
    await page.locator('.toolbar').waitFor();
  }

  it('has nothing for axe to find in any theme', async () => {
    await open('matrix-300');
    await page.locator('[role=gridcell]').nth(20).click();
    assert.deepEqual(await accessibilityProblemsInThemes(page), []);
  });

  it('says what it comes to, root causes first, each with one action', async () => {
    await open('matrix-300');
    const [message] = matrixCases['matrix-300'].messages;
    assert.ok(message?.type === 'matrix');
    assert.equal(await page.locator('h1').innerText(), message.matrix.title);
    assert.match(message.matrix.title, /^\d+ of 300 engines run on all 4 required targets\.$/);
    const causes = await page.locator('.causes li').allInnerTexts();
    assert.equal(causes.length, message.matrix.causes.length);
    assert.equal(await page.locator('.causes vscode-button:not([secondary])').count(), 1);
    await page.locator('.causes vscode-button').first().click();
    assert.equal((await sent()).at(-1)?.type, 'fixAll');
  });

  it('is moved through by keyboard alone', async () => {
    await open('matrix-300');
    const grid = page.locator('.matrix-grid');
    await grid.focus();
    const active = () => grid.getAttribute('aria-activedescendant');
    assert.equal(await active(), 'cell-0-0');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    assert.equal(await active(), 'cell-1-1');
    await page.keyboard.press('Enter');
    assert.match(await page.locator('.details h2').first().innerText(), /Studio/);
    await page.keyboard.press('Control+End');
    assert.equal(await active(), 'cell-303-5');
    // Only rows in sight are drawn, and scrolling takes a frame.
    await page.locator('#cell-303-5').waitFor();
    await page.keyboard.press('Control+Home');
    const rows = await grid.getAttribute('aria-rowcount');
    await page.keyboard.press('Space');
    assert.notEqual(await grid.getAttribute('aria-rowcount'), rows, 'a folder closes');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal((await sent()).at(-1)?.type, 'openEngine');
  });

  it('leads from a cell to its remedy', async () => {
    await open('matrix-300');
    await page.locator('[role=gridcell]', { hasText: 'memory' }).first().click();
    const details = page.locator('.details');
    assert.match(await details.innerText(), /Its weights need/);
    await details.locator('[data-action=fix]').click();
    const message = (await sent()).at(-1);
    assert.ok(message?.type === 'fix' && message.target !== '');
  });

  it('filters by name and by reason, and shows problems only', async () => {
    await open('matrix-300');
    const count = async () =>
      Number(await page.locator('.matrix-grid').getAttribute('aria-rowcount')) - 1;
    const all = await count();
    await page.locator('[data-action=byFolder]').click();
    assert.equal(await count(), 300);
    await page.locator('[data-action=problemsOnly]').click();
    const problems = await count();
    assert.ok(problems > 0 && problems < 300 && problems < all);
    await page.locator('input[type=search]').fill('damaged farm/vision');
    assert.ok((await count()) < problems);
    await page.locator('input[type=search]').fill('no such engine');
    assert.match(await page.locator('.matrix-grid').innerText(), /No engine fits this filter/);
  });

  it('keeps head and first column in sight, and few rows in the page', async () => {
    await open('matrix-10000');
    await page.setViewportSize({ width: 500, height: 700 });
    const grid = page.locator('.matrix-grid');
    await grid.evaluate((element) => element.scrollTo({ top: 100_000, left: 200 }));
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
    const box = (await grid.boundingBox())!;
    const head = (await page.locator('.matrix-head').boundingBox())!;
    assert.ok(Math.abs(head.y - box.y) <= 2, `${head.y} ${box.y}`);
    const first = (await page.locator('.matrix-row .engine').nth(15).boundingBox())!;
    assert.ok(Math.abs(first.x - box.x) <= 2, `${first.x} ${box.x}`);
    assert.ok((await page.locator('.matrix-row').count()) < 100);
    const { scroll, client } = await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      client: document.documentElement.clientWidth,
    }));
    assert.ok(scroll <= client, `${scroll} px wide in ${client} px`);
  });

  it('shows five targets whole, and says how many lie out of sight where it is narrow', async () => {
    await open('matrix-300');
    const more = page.locator('[data-action=moreColumns]');
    const isWhole = async (column: number) => {
      const cell = (await page.locator(`#cell-1-${column}`).boundingBox())!;
      const grid = (await page.locator('.matrix-grid').boundingBox())!;
      const first = (await page.locator('#cell-1-0').boundingBox())!;
      return cell.x >= first.x + first.width - 2 && cell.x + cell.width <= grid.x + grid.width + 2;
    };
    assert.ok(await isWhole(5));
    assert.equal(await more.count(), 0);
    await page.setViewportSize({ width: 387, height: 800 });
    await more.filter({ hasText: '3 more targets' }).waitFor();
    assert.ok(!(await isWhole(5)));
    await more.click();
    await more.filter({ hasText: '2 more targets' }).waitFor();
    await page.locator('.matrix-grid').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    await more.waitFor({ state: 'detached' });
    assert.ok(await isWhole(5));
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    assert.ok(await isWhole(2));
    await page.keyboard.press('Enter');
    const said = (await page.locator('.details h2').first().boundingBox())!;
    assert.ok(said.y + said.height <= 800, 'what was asked for is in sight');
  });

  it('says what is wrong with the targets, that there are no engines, and whose boards it shows', async () => {
    await open('matrix-problem');
    assert.match(await page.locator('header').innerText(), /line 4: There is no board/);
    await open('matrix-empty');
    assert.match(await page.locator('#page').innerText(), /No engine was found in this workspace/);
    await open('matrix-defaults');
    await page.locator('[data-action=chooseTargets]').click();
    assert.deepEqual((await sent()).at(-1), { type: 'chooseTargets' });
  });

  it('exports what it shows', async () => {
    await open('matrix-300');
    for (const format of ['csv', 'json', 'markdown']) {
      await page.locator(`[data-export=${format}]`).click();
      assert.deepEqual((await sent()).at(-1), { type: 'export', format });
    }
  });
});
