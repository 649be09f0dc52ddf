/** The engine page in a real Chromium, under the product's Content Security Policy, in the values of four real themes. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { FromPage, ToPage } from '../../src/core/pages/pageMessages';
import { pageCaseNames, pageCases, pageReports, type PageCaseName } from './harness/reports';
import { themeNames, type ThemeName } from './harness/server';
import { accessibilityProblems, accessibilityProblemsInThemes, usePage } from './harness/usePage';

const { several, unchecked, valid } = pageReports;

describe('engine page', function () {
  this.timeout(30_000);

  let page: Page;
  const url = usePage((it) => (page = it));

  async function open(caseName: PageCaseName, theme: ThemeName = 'dark-modern'): Promise<void> {
    await page.goto(url(theme, caseName));
    await page.locator('h1').waitFor();
    const { messages } = pageCases[caseName];
    if (messages.some(({ type }) => type === 'hash')) await page.locator('tr.hash').waitFor();
    if (messages.some(({ type }) => type === 'targets')) await page.locator('.targets').waitFor();
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
  }

  async function post(message: ToPage): Promise<void> {
    await page.evaluate((sent) => window.postMessage(sent, '*'), message);
  }

  const sent = () => page.evaluate<FromPage[]>('window.sent');
  const focused = () =>
    page.evaluate<string>(
      'document.activeElement.dataset.field ?? document.activeElement.dataset.action ?? document.activeElement.dataset.remedy ?? document.activeElement.dataset.tab ?? document.activeElement.tagName',
    );

  /** Time passes only when a test says so. */
  async function stopClock(): Promise<void> {
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
  }

  /** All rules, or the named ones; each thing found as a line. */
  const axe = (rules?: string[]) => accessibilityProblems(page, rules);

  async function openDetails(): Promise<void> {
    for (const summary of await page.locator('summary').all()) await summary.click();
  }

  for (const name of pageCaseNames) {
    describe(name, () => {
      it('shows what it is sent', async () => {
        await open(name);
        const text = await page.locator('#page').innerText();
        for (const expected of pageCases[name].expected) {
          assert.ok(text.includes(expected), `"${expected}" is not in:\n${text}`);
        }
      });

      it('has no horizontal scroll at 400 px', async () => {
        await page.setViewportSize({ width: 400, height: 800 });
        await open(name);
        await openDetails();
        const { scroll, client } = await page.evaluate(() => ({
          scroll: document.documentElement.scrollWidth,
          client: document.documentElement.clientWidth,
        }));
        assert.ok(scroll <= client, `${scroll} px wide in ${client} px`);
      });

      it('has nothing for axe to find in any theme', async () => {
        await open(name);
        await openDetails();
        const field = page.locator('[data-field]').first();
        if ((await field.count()) > 0) await field.click();
        assert.deepEqual(await accessibilityProblemsInThemes(page), []);
      });
    });
  }

  describe('text from files', () => {
    it('is text, whatever it holds', async () => {
      await open('hostile');
      await openDetails();
      assert.equal(await page.locator('#page img, #page script').count(), 0);
    });

    it('keeps the whole of a cut name in the tooltip', async () => {
      await open('hostile');
      const heading = page.locator('h1');
      const { height } = (await heading.boundingBox())!;
      assert.ok(height < 80, `the title is ${height} px high`);
      const title = (await heading.getAttribute('title'))!;
      assert.ok(title.length > 5000 && title.endsWith('.engine'));
    });
  });

  describe('targets', () => {
    it('are chosen by ticking boards, three of them ticked already', async () => {
      await open('no-gpu-greeting');
      assert.match(await page.locator('#headline').innerText(), /Where should it run\?/);
      assert.equal(await page.locator('.remedies vscode-button:not([secondary])').count(), 1);
      await page.locator('[data-board="gtx-1660-ti"]').check();
      await page.locator('[data-board="rtx-5090"]').uncheck();
      const add = page.locator('[data-action=addTargets]');
      assert.equal(await add.innerText(), 'Add 3 Targets');
      await add.click();
      assert.deepEqual((await sent()).at(-1), {
        type: 'addTargets',
        boards: ['rtx-4060-laptop', 'rtx-3050-6gb', 'gtx-1660-ti'],
      });
    });

    it('open in place with a sentence, the byte and one fix', async () => {
      await open('on-targets');
      const name = page.locator('[data-target=minimum-spec] button, [data-target] button').nth(2);
      await name.focus();
      await page.keyboard.press('Enter');
      const details = page.locator('.open-details');
      assert.match(await details.innerText(), /Its weights need 6\.9 GiB, that GPU has 6\.0 GiB\./);
      await details.locator('[data-action=fixForTarget]').click();
      assert.equal((await sent()).at(-1)?.type, 'fixForTarget');
      await details.locator('button.link').click();
      assert.equal(await focused(), 'weightBytes');
      assert.deepEqual(await axe(), []);
    });

    it('tell a fact by a word, not by its colour alone', async () => {
      await open('on-targets');
      for (const row of await page.locator('tr[data-target]').all()) {
        assert.match(await row.locator('td').first().innerText(), /[A-Z][a-z]+/);
      }
    });
  });

  describe('verdict', () => {
    it('comes before everything else and has one primary button', async () => {
      await open('unchecked');
      assert.match(await page.locator('h2').first().innerText(), /another version/);
      const buttons = page.locator('.remedies vscode-button');
      assert.ok(unchecked.remedies.length > 3 && unchecked.remedies[0]!.preferred);
      assert.deepEqual(await buttons.allInnerTexts(), [
        ...unchecked.remedies.slice(0, 3).map((remedy) => remedy.title),
        'Other Fixes…',
      ]);
      assert.equal(await page.locator('.remedies vscode-button:not([secondary])').count(), 1);
      assert.equal(await buttons.first().getAttribute('title'), unchecked.remedies[0]!.detail);
      assert.equal(await page.locator('.remedy-detail').innerText(), unchecked.remedies[0]!.detail);
    });

    it('tells each of several reasons once, and its codes and messages once', async () => {
      await open('several-reasons');
      await openDetails();
      const text = await page.locator('#page').innerText();
      const once = (fact: string) => assert.equal(text.split(fact).length - 1, 1, fact);
      assert.ok(several.reasons.length > 1 && several.libraryLines.length > 1);
      for (const { sentence, enumName } of several.reasons) {
        once(sentence.replace(/^The engine /, ''));
        once(enumName ?? '');
      }
      for (const { text: line } of several.libraryLines) once(line);
    });

    it('names the button of Git LFS by what it does where the workspace is not trusted', async () => {
      await open('lfs-pointer');
      const button = page.locator('[data-remedy=fetch-lfs-object]');
      assert.equal(await button.innerText(), 'Fetch with git lfs pull');
      const { messages } = pageCases['lfs-pointer'];
      const [report] = messages;
      assert.ok(report?.type === 'report');
      await post({ ...report, trusted: false });
      await page.getByText('Copies the command for a terminal').waitFor();
      assert.equal(await button.innerText(), 'Copy git lfs pull Command');
    });

    it('offers nothing when there is nothing to mend', async () => {
      await open('valid');
      assert.equal(await page.locator('.remedies').count(), 0);
    });

    it('is announced when it changes', async () => {
      await open('several-reasons');
      const status = page.locator('[role=status]').first();
      assert.match((await status.textContent())!, /cannot run this engine/);
      await post({ type: 'report', report: valid, trusted: true });
      await page.getByRole('heading', { name: 'This machine can run this engine.' }).waitFor();
      assert.match((await status.textContent())!, /This machine can run this engine/);
    });

    it('says what changed since the check before', async () => {
      await open('valid');
      assert.equal(await page.locator('.changes').count(), 0);
      const changes = { since: valid.checkedAt - 60_000, sentence: 'Size 2 bytes, was 1 byte.' };
      await post({ type: 'report', report: valid, trusted: true, changes });
      assert.match(
        await page.locator('.changes').innerText(),
        /^Changed since the check at \d\d:\d\d.*: Size 2 bytes, was 1 byte\.$/,
      );
    });

    it('says what changed where targets lead, too', async () => {
      for (const name of ['no-gpu-greeting', 'on-targets'] as const) {
        await open(name);
        const [report] = pageCases[name].messages;
        assert.ok(report?.type === 'report');
        const changes = { since: valid.checkedAt, sentence: 'Size 2 bytes, was 1 byte.' };
        await post({ ...report, changes });
        await page.locator('.changes', { hasText: 'Size 2 bytes, was 1 byte.' }).waitFor();
      }
    });

    it('has a severity in words for screen readers', async () => {
      for (const [name, words] of [
        ['several-reasons', 'Error:'],
        ['suboptimal', 'Warning:'],
        ['header-only', 'Information:'],
        ['valid', 'Good:'],
      ] as const) {
        await open(name);
        const heading = (await page.locator('#headline').textContent())!.trim();
        assert.ok(heading.startsWith(words), heading);
      }
    });
  });

  describe('commands', () => {
    it('says that it is ready, once', async () => {
      await open('several-reasons');
      assert.deepEqual(await sent(), [{ type: 'ready' }]);
    });

    const [first, second] = several.remedies;
    const clicks: [PageCaseName, string, FromPage][] = [
      ['several-reasons', first!.title, { type: 'remedy', id: first!.id }],
      ['several-reasons', second!.title, { type: 'remedy', id: second!.id }],
      ['unchecked', 'Other Fixes…', { type: 'fix' }],
      ['several-reasons', 'Check Again', { type: 'check' }],
      ['several-reasons', 'Copy Report', { type: 'copyReport' }],
      ['several-reasons', 'Show Log', { type: 'showLog' }],
      ['several-reasons', 'Choose Runtime…', { type: 'chooseRuntime' }],
      ['several-reasons', 'Open as Text', { type: 'showHeaderText' }],
      ['valid', 'Compute: SHA-256', { type: 'computeHash' }],
      ['hash-running', 'Cancel computing the SHA-256', { type: 'cancelHash' }],
      ['hash-failed', 'Try Again: SHA-256', { type: 'computeHash' }],
    ];
    for (const [caseName, name, message] of clicks) {
      it(`sends ${JSON.stringify(message)} for "${name}", by mouse, Enter and Space`, async () => {
        await open(caseName);
        const button = page.getByRole('button', { name, exact: true });
        await button.click();
        for (const key of ['Enter', 'Space']) {
          await button.focus();
          await page.keyboard.press(key);
        }
        assert.deepEqual((await sent()).slice(1), [message, message, message]);
      });
    }

    it('does not scroll when Space presses a button', async () => {
      await page.setViewportSize({ width: 400, height: 400 });
      await open('several-reasons');
      await page.locator('[data-remedy]').first().focus();
      const before = await page.evaluate(() => window.scrollY);
      await page.keyboard.press('Space');
      await page.waitForTimeout(200);
      assert.equal(await page.evaluate(() => window.scrollY), before);
    });
  });

  it('has no arrows to scroll with beside its tabs', async () => {
    await open('several-reasons');
    for (const width of [1120, 387]) {
      await page.setViewportSize({ width, height: 800 });
      const scrolls = await page.locator('.tabs').evaluate((bar) => {
        const isHidden = getComputedStyle(bar).overflowY === 'hidden';
        return {
          down: !isHidden && bar.scrollHeight > bar.clientHeight,
          across: bar.scrollWidth > bar.clientWidth,
        };
      });
      assert.deepEqual(scrolls, { down: false, across: false });
    }
  });

  describe('waiting', () => {
    it('shows nothing for 300 ms, then the file and what is awaited', async () => {
      await stopClock();
      await page.goto(url('dark-modern', 'waiting'));
      await page.clock.runFor(290);
      assert.equal(await page.locator('h1').count(), 0);
      await page.clock.runFor(50);
      assert.equal(await page.locator('h1').innerText(), 'upscaler.engine');
      assert.match(await page.locator('#page').innerText(), /Asking TensorRT-RTX 1\.7\.1\.116…/);
    });

    it('never shows when the report is quick', async () => {
      await stopClock();
      await page.goto(url('dark-modern', 'several-reasons'));
      await page.locator('#headline').waitFor();
      await page.clock.runFor(1000);
      assert.equal(await page.locator('vscode-progress-bar').count(), 0);
    });

    it('keeps the last report while checking again', async () => {
      await open('several-reasons');
      await post({ type: 'waiting', file: 'models/upscaler.engine', sentence: 'Asking again…' });
      const button = page.getByRole('button', { name: 'Checking again…' });
      await button.waitFor();
      assert.ok(await button.isDisabled());
      assert.equal(await page.locator('#headline').count(), 1);
      await post({ type: 'report', report: valid, trusted: true });
      await page.getByRole('button', { name: 'Check Again' }).waitFor();
      assert.equal(await page.locator('vscode-progress-bar').count(), 0);
    });
  });

  describe('header', () => {
    it('shows the meaning of the field under the pointer', async () => {
      await open('several-reasons');
      await page.locator('[data-field=version]').hover();
      const legend = await page.locator('.legend').innerText();
      assert.match(
        legend,
        /TensorRT-RTX that built it\s+1\.6\.1\.120\s+bytes 24–27 · a reason points here/,
      );
      await page.mouse.move(0, 0);
      assert.match(await page.locator('.legend').innerText(), /Point at a field/);
    });

    it('is one tab stop, and arrow keys, Home and End move in it', async () => {
      await open('several-reasons');
      assert.equal(await page.locator('[data-field][tabindex="0"]').count(), 1);
      await page.locator('[data-field][tabindex="0"]').focus();
      assert.match(await page.locator('.legend').innerText(), /^Tag of/);
      const visited: string[] = [];
      for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'End', 'ArrowRight', 'Home']) {
        await page.keyboard.press(key);
        visited.push(await focused());
      }
      assert.deepEqual(visited, ['zero', 'layout', 'zero', 'weightBytes', 'weightBytes', 'tag']);
      await page.keyboard.press('Tab');
      assert.ok(!(await focused()).startsWith('tag'));
    });

    it('is led to from a reason', async () => {
      await open('several-reasons');
      await page.getByRole('button', { name: 'Show in the header, byte 56' }).click();
      assert.equal(await focused(), 'weightBytes');
      assert.match(await page.locator('.legend').innerText(), /Weights that must fit on the GPU/);
    });

    it('reads every byte in order', async () => {
      await open('several-reasons');
      const hex = (await page.locator('.bytes').allInnerTexts()).join(' ').replace(/\s+/g, '');
      assert.equal(hex, several.headerHex.replace(/ /g, ''));
    });

    it('names each field with its bytes', async () => {
      await open('several-reasons');
      assert.equal(
        await page.locator('[data-field=version]').getAttribute('aria-label'),
        'TensorRT-RTX that built it: 1.6.1.120, bytes 24–27, 01 06 01 78, a reason points here',
      );
    });
  });

  describe('keyboard', () => {
    it('reaches everything in reading order', async () => {
      await open('several-reasons');
      const order: string[] = [];
      for (let i = 0; i < 40; i += 1) {
        await page.keyboard.press('Tab');
        const now = await focused();
        if (now === 'BODY') break;
        order.push(now);
      }
      assert.deepEqual(order, [
        'check',
        'chooseRuntime',
        'copyReport',
        'showLog',
        'overview',
        // Where the two reasons stand in the header; the card's codes; "Try on other GPUs…".
        'BUTTON',
        'BUTTON',
        ...several.remedies.map((remedy) => remedy.id),
        'SUMMARY',
        'VSCODE-BUTTON',
        'computeHash',
        'tag',
        'SUMMARY',
        'showHeaderText',
        'SUMMARY',
      ]);
    });

    it('shows where the focus is', async () => {
      for (const theme of themeNames) {
        await open('several-reasons', theme);
        for (let i = 0; i < 12; i += 1) {
          await page.keyboard.press('Tab');
          const outline = await page.evaluate(() => {
            const element = document.activeElement!;
            const base = element.shadowRoot?.querySelector('[part=base]') ?? element;
            const style = getComputedStyle(base);
            return {
              name: element.outerHTML.slice(0, 80),
              style: style.outlineStyle,
              width: style.outlineWidth,
            };
          });
          assert.notEqual(outline.style, 'none', outline.name);
          assert.notEqual(outline.width, '0px', outline.name);
        }
      }
    });
  });

  it('comes back as it was left: scroll, field and open parts', async () => {
    await page.setViewportSize({ width: 600, height: 500 });
    await open('several-reasons');
    await page.locator('[data-details=log] summary').click();
    await page.locator('[data-field=targets]').click();
    await page.evaluate(() => window.scrollTo({ top: 300 }));
    await page.waitForFunction(
      () =>
        (JSON.parse(sessionStorage.getItem('state') ?? '{}') as { scrollTop?: number })
          .scrollTop === 300,
    );
    await page.reload();
    await page.locator('#headline').waitFor();
    await page.waitForFunction(() => window.scrollY === 300);
    assert.match(await page.locator('.legend').innerText(), /^GPUs it was built for/);
    assert.ok(await page.locator('[data-details=log]').evaluate((it) => it.hasAttribute('open')));
  });

  it('survives messages and kept state that make no sense', async () => {
    await page.addInitScript(`sessionStorage.setItem('state', '{"scrollTop":"x","open":7}')`);
    await open('several-reasons');
    await page.evaluate(() => {
      for (const odd of [null, 'text', 7, {}, { type: 'unknown' }]) window.postMessage(odd, '*');
    });
    await page.waitForTimeout(50);
    assert.equal(await page.locator('#headline').count(), 1);
  });
});
