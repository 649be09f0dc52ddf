/** The Run tab in a real Chromium, under the product's Content Security Policy, in the values of four real themes. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { FromPage, ToPage } from '../../src/core/pages/pageMessages';
import { defaultRunChoices } from '../../src/core/run/runReport';
import { sweepBudgets } from '../../src/core/run/weightBudget';
import {
  gpuName,
  inspections,
  runCaseNames,
  runCases,
  type RunCaseName,
  runReports,
} from './harness/runReports';
import type { ThemeName } from './harness/server';
import { accessibilityProblemsInThemes, usePage } from './harness/usePage';

const { streamable, automaticBudget, gpu } = inspections.normal.facts;
const randomInput = { name: 'input', shape: null, source: { kind: 'random', seed: 0 } };

describe('Run tab', function () {
  this.timeout(30_000);

  let page: Page;
  const url = usePage((it) => (page = it));

  async function open(caseName: RunCaseName, theme: ThemeName = 'dark-modern'): Promise<void> {
    await page.goto(url(theme, caseName));
    await page.locator('.run-columns').waitFor();
    await settled();
  }
  const settled = () =>
    page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
  const post = async (message: ToPage) => {
    await page.evaluate((data) => window.postMessage(data, '*'), message);
    await settled();
  };
  const sent = () => page.evaluate<FromPage[]>('window.sent');
  /** What was sent beside `ready` and reading free memory. */
  const asked = async () =>
    (await sent()).filter(({ type }) => type !== 'ready' && type !== 'readFreeMemory');
  const button = (action: string) => page.locator(`[data-action="${action}"]`);
  const budgetField = () => page.locator('#run-budget');
  const slider = () => page.locator('#run-budget-slider');
  const lastBudget = async () => {
    await button('run').click();
    const message = (await asked()).at(-1);
    assert.ok(message?.type === 'run');
    return message.choices.budget;
  };

  async function openDetails(): Promise<void> {
    for (const summary of await page.locator('summary').all()) await summary.click();
    await settled();
  }

  for (const name of runCaseNames) {
    describe(name, () => {
      it('shows what it is sent', async () => {
        await open(name);
        const text = await page.locator('#page').innerText();
        for (const expected of runCases[name].expected) {
          assert.ok(text.includes(expected), `"${expected}" is not in:\n${text}`);
        }
      });

      for (const width of [400, 2200]) {
        it(`has no horizontal scroll at ${width} px`, async () => {
          await page.setViewportSize({ width, height: 800 });
          await open(name);
          await openDetails();
          const { scroll, client } = await page.evaluate(() => ({
            scroll: document.documentElement.scrollWidth,
            client: document.documentElement.clientWidth,
          }));
          assert.ok(scroll <= client, `${scroll} px wide in ${client} px`);
        });
      }

      it('has nothing for axe to find in any theme', async () => {
        await open(name);
        await openDetails();
        assert.deepEqual(await accessibilityProblemsInThemes(page), []);
      });
    });
  }

  describe('before there is a form', () => {
    it('asks only when it is told to', async () => {
      await open('run-not-looked');
      assert.deepEqual(await sent(), [{ type: 'ready' }, { type: 'readFreeMemory' }]);
      await button('inspect').click();
      assert.deepEqual(await asked(), [{ type: 'inspect' }]);
    });

    it('offers nothing but trust in Restricted Mode', async () => {
      await open('run-restricted');
      assert.equal(await page.locator('.run-form vscode-button').count(), 0);
      await button('manageTrust').click();
      assert.deepEqual(await asked(), [{ type: 'manageTrust' }]);
    });

    it('can be cancelled', async () => {
      await open('run-looking');
      await page.getByRole('button', { name: 'Cancel' }).click();
      assert.deepEqual(await asked(), [{ type: 'cancelInspect' }]);
    });

    it('runs the model without the engine where that cannot be loaded', async () => {
      await open('run-no-gpu');
      await button('reference').click();
      assert.deepEqual(await asked(), [
        { type: 'reference', choices: { ...defaultRunChoices, inputs: [] } },
      ]);
    });
  });

  describe('running', () => {
    it('sends the choices, after reading free memory once more', async () => {
      await open('run-ready');
      await button('run').click();
      assert.deepEqual(await sent(), [
        { type: 'ready' },
        { type: 'readFreeMemory' },
        { type: 'readFreeMemory' },
        { type: 'run', choices: { ...defaultRunChoices, inputs: [randomInput] } },
      ]);
    });

    it('takes everything that the form has', async () => {
      await open('run-inputs');
      await page.getByText('More settings').click();
      await page.getByLabel('Optimization profile').selectOption('1');
      await page.locator('#run-input-0-dimension-1').fill('300');
      await page.locator('#run-input-0-source').selectOption('range');
      await page.locator('#run-input-0-from').fill('3');
      await page.locator('#run-input-0-to').fill('9');
      await page.locator('#run-input-0-seed').fill('5');
      await page.locator('#run-input-1-source').selectOption('ones');
      await page.locator('#run-iterations').fill('50');
      await page.locator('#run-warm-up').fill('2');
      await page.locator('#run-seconds').fill('1.5');
      await page.locator('#run-streams').fill('2');
      await page.locator('#run-profiled').fill('0');
      for (const setting of ['copies', 'cudaGraph', 'runtimeCache', 'lazyKernels']) {
        await page.locator(`[data-setting=${setting}]`).click();
      }
      await button('run').click();
      const message = (await asked()).at(-1);
      assert.ok(message?.type === 'run');
      const { inputs, ...others } = message.choices;
      assert.deepEqual(others, {
        profile: 1,
        budget: 'default',
        warmUp: 2,
        iterations: 50,
        seconds: 1.5,
        streams: 2,
        copies: true,
        cudaGraph: true,
        runtimeCache: false,
        lazyKernels: true,
        profiledIterations: 0,
      });
      assert.deepEqual(inputs[0], {
        name: 'tokens',
        shape: [8, 300],
        source: { kind: 'range', from: 3, to: 9, seed: 5 },
      });
      assert.deepEqual(inputs[1]?.source, { kind: 'ones' });
      assert.equal(inputs.length, 4);
    });

    it('sweeps the budgets of core', async () => {
      await open('run-ready');
      await button('sweep').click();
      const message = (await asked()).at(-1);
      assert.ok(message?.type === 'sweep');
      assert.deepEqual(message.budgets, sweepBudgets(streamable, automaticBudget, gpu.free));
    });

    it('searches a budget for what is typed, and for nothing that is no goal', async () => {
      await open('run-ready');
      const find = button('search');
      const isDisabled = () =>
        find.evaluate((element) => 'disabled' in element && element.disabled);
      assert.equal(await isDisabled(), true);
      await page.locator('#run-goal').fill('6 GiB');
      await find.click();
      await page.locator('.goal-line select').selectOption('latency');
      assert.equal(await page.locator('#run-goal').inputValue(), '');
      await page.locator('#run-goal').fill('soon');
      assert.equal(await isDisabled(), true);
      assert.match(await page.locator('#run-goal-error').innerText(), /such as 20 ms/);
      await page.locator('#run-goal').fill('20');
      await find.click();
      const goals = (await asked()).map((message) => message.type === 'search' && message.goal);
      assert.deepEqual(goals, [
        { kind: 'memory', bytes: 6 * 2 ** 30 },
        { kind: 'latency', ms: 20 },
      ]);
    });

    it('hands over the budget that was found: into the form, as code and as a number', async () => {
      await open('run-search');
      const answer = runReports.search.sweep?.goal?.budget;
      assert.ok(typeof answer === 'number');
      for (const name of ['copyCpp', 'copyPython', 'copyBytes']) await button(name).click();
      const copied = (await asked()).map((message) => message.type === 'copyText' && message.text);
      assert.match(String(copied[0]), /setWeightStreamingBudgetV2/);
      assert.match(String(copied[1]), new RegExp(`measured = ${answer}\\n`));
      assert.equal(copied[2], String(answer));
      await button('useBudget').click();
      assert.equal(await lastBudget(), answer);
    });

    it('has nothing to sweep without weight streaming, and offers the rebuild', async () => {
      await open('run-not-streaming');
      await button('sweep').click({ force: true });
      await button('rebuildStreaming').click();
      assert.deepEqual(await asked(), [{ type: 'rebuildStreaming' }]);
    });

    it('shows how far it is, and can be cancelled', async () => {
      await open('run-running');
      assert.equal(await button('run').count(), 0);
      await page.getByRole('button', { name: 'Cancel' }).click();
      assert.deepEqual(await asked(), [{ type: 'cancelRun' }]);
    });

    it('compares the run that is shown when it was done with these choices', async () => {
      await open('run-done');
      await button('compare').click();
      assert.deepEqual(await asked(), [{ type: 'compareRun', run: 'run-1' }]);
    });

    it('runs first, and compares when that is there, when nothing fits', async () => {
      await open('run-ready');
      await button('compare').click();
      assert.deepEqual(
        (await asked()).map(({ type }) => type),
        ['run'],
      );
      const progress = { stage: 'run', sentence: '', fraction: null };
      await post({
        type: 'run',
        run: { state: 'running', kind: 'run', progress, startedAt: Date.now() },
      });
      await post({ type: 'runs', runs: [runReports.plain] });
      assert.equal((await asked()).length, 1);
      await post({ type: 'run', run: { state: 'none' } });
      assert.deepEqual((await asked()).at(-1), { type: 'compareRun', run: 'run-1' });
      await post({ type: 'runs', runs: [runReports.sweep, runReports.plain] });
      assert.equal((await asked()).length, 2);
    });

    it('still compares after an earlier run was refused', async () => {
      await open('run-refused');
      await button('compare').click();
      await settled();
      await post({ type: 'run', run: { state: 'none' } });
      await post({ type: 'runs', runs: [runReports.plain] });
      assert.deepEqual(
        (await asked()).map(({ type }) => type),
        ['run', 'compareRun'],
      );
    });

    it('says how long it has been running, also when nothing else is said', async () => {
      await page.clock.install();
      await open('run-running');
      const before = await page.locator('.run-progress').innerText();
      await page.clock.runFor(3000);
      assert.notEqual(await page.locator('.run-progress').innerText(), before);
    });

    it('compares nothing after a run that failed or was refused', async () => {
      await open('run-ready');
      await button('compare').click();
      await post({ type: 'runs', runs: [runReports.failed] });
      await post({ type: 'run', run: { state: 'none' } });
      await post({ type: 'runs', runs: [runReports.plain, runReports.failed] });
      assert.deepEqual(
        (await asked()).map(({ type }) => type),
        ['run'],
      );
    });

    it('tells what is wrong beside the field, and runs only when it is mended', async () => {
      await open('run-ready');
      const field = page.locator('#run-input-0-dimension-2');
      await field.fill('5000');
      assert.equal(await field.getAttribute('aria-invalid'), 'true');
      const described = (await field.getAttribute('aria-describedby'))!;
      assert.match(await page.locator(`#${described}`).innerText(), /64 to 1080/);
      await page.locator('#run-iterations').fill('many');
      assert.match(await page.locator('.run-form').innerText(), /2 fields need other values/);
      await button('run').click();
      assert.deepEqual(await asked(), []);
      assert.equal(await page.evaluate('document.activeElement.id'), 'run-input-0-dimension-2');
      await field.fill('640');
      await page.locator('#run-iterations').fill('10');
      await button('run').click();
      const message = (await asked()).at(-1);
      assert.ok(message?.type === 'run');
      assert.deepEqual(message.choices.inputs[0]?.shape, [1, 3, 640, 1280]);
    });

    it('shows a wrong value behind the disclosure', async () => {
      await open('run-ready');
      await page.getByText('More settings').click();
      await page.locator('#run-streams').fill('0');
      await page.getByText('More settings').click();
      // Closing it is an event of its own; it opens again by the next one.
      await page.locator('#run-streams').waitFor({ state: 'visible', timeout: 2000 });
    });
  });

  describe('budget', () => {
    it('has NVIDIA’s rule and the automatic budget marked where the slider would be', async () => {
      await open('run-ready');
      for (const [name, bytes] of [
        ['rule', Math.min(gpu.free / 2, streamable / 2)],
        ['automatic', automaticBudget!],
      ] as const) {
        await page.locator(`[data-budget=${name}]`).click();
        const value = Number(await slider().inputValue()) / 1000;
        assert.ok(Math.abs(value - bytes / streamable) < 0.006, `${name}: ${value}`);
        // The mark stands under the middle of the thumb.
        const mark = (await page
          .locator('.budget-track path')
          .nth(name === 'rule' ? 0 : 1)
          .boundingBox())!;
        const track = (await slider().boundingBox())!;
        const thumb = track.x + 7 + value * (track.width - 14);
        assert.ok(Math.abs(mark.x + mark.width / 2 - thumb) < 3, `${mark.x} against ${thumb}`);
        assert.equal(await lastBudget(), name);
      }
    });

    it('moves by the keyboard, ends at nothing and at everything', async () => {
      await open('run-ready');
      await slider().focus();
      await page.keyboard.press('Home');
      assert.equal(await lastBudget(), 0);
      assert.match(await page.locator('#run-budget-meaning').innerText(), /CUDA graph off/);
      await slider().focus();
      await page.keyboard.press('ArrowRight');
      assert.equal(await lastBudget(), Math.round(0.01 * streamable));
      await slider().focus();
      await page.keyboard.press('PageUp');
      assert.equal(await lastBudget(), Math.round(0.11 * streamable));
      await slider().focus();
      assert.match((await slider().getAttribute('aria-valuetext'))!, /^\d+\.\d MiB of 4\.7 GiB$/);
      await page.keyboard.press('End');
      assert.equal(await lastBudget(), 'default');
      assert.match(await page.locator('#run-budget-meaning').innerText(), /no scratch/);
    });

    it('takes an exact number, and keeps it as it was typed', async () => {
      await open('run-ready');
      await budgetField().fill('1.25 GiB');
      assert.equal(await budgetField().inputValue(), '1.25 GiB');
      assert.equal(await lastBudget(), 1.25 * 2 ** 30);
      await budgetField().fill('9 GiB');
      assert.match(await page.locator('#run-budget-error').innerText(), /More than/);
      await page.locator('[data-budget=default]').click();
      assert.equal(await page.locator('#run-budget-error').count(), 0);
    });

    it('follows the free memory that is read', async () => {
      await open('run-ready');
      await page.locator('[data-budget=rule]').click();
      await post({ type: 'freeMemory', free: 2 ** 30, total: 8 * 2 ** 30 });
      assert.match(await page.locator('[data-budget=rule]').innerText(), /512\.0 MiB/);
      assert.match(await page.locator('#run-budget-meaning').innerText(), /512\.0 MiB of 4\.7 GiB/);
      await post({ type: 'freeMemory', free: null, total: null });
      assert.ok(await page.locator('[data-budget=rule]').isDisabled());
    });

    it('says when scratch eats what streaming saves', async () => {
      await open('run-scratch');
      assert.equal(await page.locator('.budget-warning').count(), 0);
      await slider().focus();
      await page.keyboard.press('Home');
      assert.match(await page.locator('.budget-warning').innerText(), /217\.0 KiB of scratch/);
    });
  });

  describe('input files', () => {
    it('are chosen in a dialog, and stay random until there is one', async () => {
      await open('run-ready');
      await page.locator('#run-input-0-source').selectOption('file');
      assert.deepEqual(await asked(), [{ type: 'pickInput', name: 'input' }]);
      assert.equal(await page.locator('#run-input-0-source').inputValue(), 'random');
    });

    it('are dropped as bytes', async () => {
      await open('run-ready');
      const transfer = await page.evaluateHandle(() => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array([1, 2, 250])], 'cat.npy'));
        return data;
      });
      const row = page.locator('[data-input=input]');
      await row.dispatchEvent('dragover', { dataTransfer: transfer });
      assert.ok((await row.getAttribute('class'))?.includes('dropping'));
      await row.dispatchEvent('drop', { dataTransfer: transfer });
      // A function, not a string: the page's policy refuses to evaluate one when it must be asked again.
      await page.waitForFunction(() =>
        (window as unknown as { sent: FromPage[] }).sent.some(({ type }) => type === 'dropInput'),
      );
      const message = (await asked()).at(-1);
      assert.ok(message?.type === 'dropInput');
      assert.deepEqual([message.name, message.fileName], ['input', 'cat.npy']);
      assert.equal(await page.evaluate('Array.from(window.sent.at(-1).bytes).join()'), '1,2,250');
      assert.ok(!(await row.getAttribute('class'))?.includes('dropping'));
    });

    it('that are no files are told of', async () => {
      await open('run-ready');
      const transfer = await page.evaluateHandle(() => new DataTransfer());
      await page.locator('[data-input=input]').dispatchEvent('drop', { dataTransfer: transfer });
      await page.getByText('Hold Shift while dropping').waitFor();
      assert.deepEqual(await asked(), []);
    });

    it('are taken into the form, with how a picture becomes a tensor', async () => {
      await open('run-compared');
      await page.getByLabel('Colours').selectOption('bgr');
      await page.getByLabel('Values', { exact: true }).selectOption('imagenet');
      await button('run').click();
      const message = (await asked()).at(-1);
      assert.ok(message?.type === 'run');
      const source = message.choices.inputs[0]?.source;
      assert.ok(source?.kind === 'file' && source.image);
      assert.equal(source.path, '/home/user/pictures/cat.png');
      assert.equal(source.image.colors, 'bgr');
      // Blue comes first: 1 / (255 * 0.225)
      assert.ok(Math.abs(source.image.scale[0]! - 0.017429) < 1e-5);
      assert.ok(Math.abs(source.image.offset[2]! + 2.1179) < 1e-3);
      await page.getByLabel('Colours').selectOption('gray');
      await button('run').click();
      const gray = (await asked()).at(-1);
      assert.ok(gray?.type === 'run');
      const graySource = gray.choices.inputs[0]?.source;
      assert.equal(graySource?.kind === 'file' && graySource.image?.scale.length, 1);
    });

    it('that are refused change nothing and are told of beside the input', async () => {
      await open('run-inputs');
      assert.equal(await page.locator('#run-input-0-source').inputValue(), 'random');
      await page.locator('#run-input-0-source').selectOption('zeros');
      assert.equal(await page.getByText('tokens.npy holds float32').count(), 0);
    });
  });

  describe('results', () => {
    it('always say where, with what and when', async () => {
      for (const name of ['run-done', 'run-sweep', 'run-failed'] as const) {
        await open(name);
        assert.match(
          await page.locator('.ran-on').innerText(),
          new RegExp(`^Ran on ${gpuName} with TensorRT-RTX 1.7.1.116 at `),
        );
      }
      await open('run-no-gpu');
      assert.match(
        await page.locator('.ran-on').innerText(),
        /^Ran with ONNX Runtime .* \(CPU\) at/,
      );
      assert.match(await page.locator('.run-head').innerText(), /not the engine/);
    });

    it('that failed list each of the library’s messages once', async () => {
      await open('run-failed');
      await openDetails();
      const lines = await page.locator('.own-lines > li').allInnerTexts();
      assert.equal(lines.length, 3);
      assert.deepEqual([...new Set(lines)], lines);
    });

    it('draw their plots, and again when the theme changes', async () => {
      await open('run-sweep');
      assert.equal(await page.locator('run-plot canvas').count(), 3);
      const colours = () =>
        page.evaluate(() =>
          [...document.querySelectorAll('canvas')].map((canvas) => {
            const { data } = canvas
              .getContext('2d')!
              .getImageData(0, 0, canvas.width, canvas.height);
            const seen = new Set<number>();
            for (let i = 0; i < data.length; i += 4) {
              seen.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
            }
            return { count: seen.size, green: seen.has(0x12_34_56) };
          }),
        );
      for (const { count } of await colours()) assert.ok(count > 3, `${count} colours`);
      await page.evaluate(() =>
        document.documentElement.style.setProperty('--vscode-charts-green', '#123456'),
      );
      await page.evaluate('new Promise((done) => setTimeout(done, 100))');
      const sweepPlot = (await colours())[0]!;
      assert.equal(sweepPlot.green, true, 'the knee’s ring has the theme’s green');
    });

    it('say the same in a table beside each plot', async () => {
      await open('run-done');
      await page.locator('[data-details=run-histogram-table] summary').click();
      await page.locator('[data-details=run-timeline-table] summary').click();
      const rows = page.locator('[data-details=run-histogram-table] tbody tr');
      const counts = await rows.locator('td:last-child').allInnerTexts();
      const { histogram } = runReports.plain.attempts[0]!;
      assert.deepEqual(counts.map(Number), histogram!.counts);
      assert.ok((await page.locator('[data-details=run-timeline-table] tbody tr').count()) > 5);
      assert.match(
        (await page.locator('run-plot').first().getAttribute('aria-label'))!,
        /median 8\.\d+ ms/,
      );
    });

    it('read out what is pointed at, and show the point of a sweep that is clicked', async () => {
      await open('run-sweep');
      const over = page.locator('run-plot .u-over').first();
      const box = (await over.boundingBox())!;
      await page.mouse.move(box.x + 4, box.y + 20);
      await page.getByText(/36\.\d ms at a budget of 0 bytes/).waitFor();
      await page.mouse.click(box.x + 4, box.y + 20);
      assert.match(await page.locator('.run-head').innerText(), /At a budget of 0 bytes\n/);
      assert.equal(await page.locator('[data-attempt="5"]').getAttribute('aria-pressed'), 'true');
    });

    it('begin a sweep with its knee, and show another point by the keyboard', async () => {
      await open('run-sweep');
      assert.match(await page.locator('.at-budget').innerText(), /2\.\d GiB, the best trade-off/);
      await page.locator('[data-attempt="0"]').focus();
      await page.keyboard.press('Enter');
      assert.match(await page.locator('.at-budget').innerText(), /^At a budget of 4\.7 GiB$/);
    });

    it('show a budget that failed with its reason', async () => {
      await open('run-sweep-partly');
      await page.locator('[data-attempt="0"]').click();
      assert.match(await page.locator('.run-failure').innerText(), /out of memory/);
      await page.locator('[data-attempt="3"]').click();
      assert.equal(await page.locator('.run-failure').count(), 0);
    });

    it('draw an output as the picture that was sent', async () => {
      await open('run-compared');
      const pixel = await page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('image-preview canvas')!;
        return [
          canvas.width,
          canvas.height,
          ...canvas.getContext('2d')!.getImageData(90, 60, 1, 1).data,
        ];
      });
      assert.deepEqual(pixel.slice(0, 4), [180, 120, 128, 128]);
    });

    it('list the layers, more of them when asked', async () => {
      await open('run-done');
      const rows = page.locator('.layer-times > li');
      assert.equal(await rows.count(), 20);
      await button('moreLayers').click();
      assert.equal(await rows.count(), 214);
    });

    it('lead from a layer to its row in the Layers tab', async () => {
      await open('run-done');
      await page.getByRole('button', { name: '__myl_Resi_myl0_2: show in the Layers tab' }).click();
      assert.equal(await page.locator('[data-tab=layers]').getAttribute('aria-selected'), 'true');
      const row = page.locator('[role=row][aria-selected=true]');
      assert.match(await row.innerText(), /__myl_Resi_myl0_2/);
    });

    it('keep text from files as text', async () => {
      for (const name of ['run-inputs', 'run-done', 'run-failed'] as const) {
        await open(name);
        await openDetails();
        assert.equal(await page.locator('#page img, #page script, #page a').count(), 0);
      }
    });

    it('send what their buttons say', async () => {
      await open('run-compared');
      await button('exportRun').click();
      await button('saveOutputs').click();
      await page.getByRole('button', { name: 'Save as .npy… scores' }).click();
      await button('forgetRun').click();
      assert.deepEqual(await asked(), [
        { type: 'exportRun', run: 'run-5' },
        { type: 'saveOutputs', run: 'run-5' },
        { type: 'saveOutput', run: 'run-5', output: 'scores' },
        { type: 'forgetRun', run: 'run-5' },
      ]);
    });

    it('put what they were done with back into the form', async () => {
      await open('run-compared');
      await button('useChoices').click();
      await button('compare').click();
      const message = (await asked()).at(-1);
      assert.ok(message?.type === 'run');
      assert.deepEqual(message.choices, runReports.compared.choices);
    });
  });

  describe('recent runs', () => {
    it('show one when it is chosen, the newest again after the next run', async () => {
      await open('run-sweep');
      await page.locator('[data-run="run-1"] button').click();
      assert.equal(await page.locator('.sweep-sentence').count(), 0);
      await button('run').click();
      await post({ type: 'runs', runs: [runReports.compared, runReports.sweep, runReports.plain] });
      assert.match(await page.locator('tr.selected[data-run]').innerText(), /Run, 2\.\d GiB/);
    });

    it('stand side by side when two are picked, and a third takes the first one’s place', async () => {
      await open('run-compared');
      const pick = (id: string) => page.locator(`[data-run="${id}"] input`);
      await pick('run-1').check();
      assert.equal(await page.locator('.difference-table').count(), 0);
      await pick('run-5').check();
      const median = page.locator('.difference-table tr', { hasText: 'Median' });
      assert.match(
        await median.innerText(),
        /8\.\d+ ms\s+9\.\d+ ms\s+\+1\.\d+ ms \(\+1\d %\) worse/,
      );
      await pick('run-2').check();
      assert.equal(await pick('run-1').isChecked(), false);
      await button('endComparison').click();
      assert.equal(await page.locator('.difference-table').count(), 0);
    });

    it('are imported, and say their GPU where there are several', async () => {
      await open('run-done');
      assert.ok(!(await page.locator('.recent-table').innerText()).includes(gpuName));
      await button('importRuns').click();
      assert.deepEqual(await asked(), [{ type: 'importRuns' }]);
      const { plain } = runReports;
      const gpu = { name: 'NVIDIA GeForce RTX 5090', computeCapability: '12.0', total: 2 ** 35 };
      await post({ type: 'runs', runs: [{ ...plain, id: 'other', gpu }, plain] });
      const rows = await page.locator('.recent-table tbody tr').allInnerTexts();
      assert.ok(rows[0]?.includes(', RTX 5090') && rows[1]?.includes(gpuName), rows.join('; '));
    });

    it('forget what is no longer there', async () => {
      await open('run-sweep');
      await page.locator('[data-run="run-1"] button').click();
      await post({ type: 'runs', runs: [runReports.sweep] });
      assert.equal(await page.locator('.sweep-sentence').count(), 1);
      await post({ type: 'runs', runs: [] });
      await page.getByText('Nothing has run yet').waitFor();
    });
  });

  describe('as a page', () => {
    it('keeps what was typed and chosen when it is hidden', async () => {
      await open('run-ready');
      await page.locator('#run-iterations').fill('77');
      await page.locator('#run-input-0-dimension-3').fill('x');
      await page.locator('[data-budget=rule]').click();
      await page.waitForTimeout(300);
      await page.reload();
      await page.locator('#run-iterations').waitFor();
      assert.equal(await page.locator('#run-iterations').inputValue(), '77');
      assert.equal(await page.locator('#run-input-0-dimension-3').inputValue(), 'x');
      assert.equal(await page.locator('[data-budget=rule]').getAttribute('aria-pressed'), 'true');
    });

    it('is reached by the keyboard from one end to the other', async () => {
      await open('run-sweep');
      await page.locator('[data-tab=run]').focus();
      const seen: string[] = [];
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press('Tab');
        const here = await page.evaluate<string>(`(() => {
          const e = document.activeElement;
          return e.id || e.dataset.action || e.dataset.budget || e.dataset.attempt || e.dataset.save || e.tagName;
        })()`);
        if (here === 'BODY') break;
        seen.push(here);
      }
      for (const wanted of [
        'run-input-0-dimension-2',
        'run-input-0-source',
        'run-budget-slider',
        'run-budget',
        'rule',
        'automatic',
        'run-iterations',
        'run',
        'sweep',
        'compare',
        'reference',
        'useChoices',
        'exportRun',
        'forgetRun',
        'output',
      ]) {
        assert.ok(seen.includes(wanted), `${wanted} is not in ${seen.join(' ')}`);
      }
    });

    it('announces the end of a run, and what stopped one', async () => {
      await open('run-running');
      const status = page
        .locator('.run-columns')
        .locator('xpath=preceding-sibling::*[@role="status"]');
      assert.match((await status.textContent())!, /Running/);
      await post({ type: 'run', run: { state: 'none' } });
      assert.equal((await status.textContent())!.trim(), runReports.plain.headline);
    });

    it('renders a report of 20,000 layers at once', async () => {
      await open('run-ready');
      const layers = Array.from({ length: 20_000 }, (_, i) => ({
        name: `layer ${i}`,
        mean: 1 / (i + 1),
        share: 1 / 20_000,
      }));
      const attempts = [{ ...runReports.plain.attempts[0]!, layers }];
      await post({ type: 'runs', runs: [{ ...runReports.plain, attempts }] });
      await page.getByText('Time per layer, 20,000 layers').waitFor();
      assert.equal(await page.locator('.layer-times > li').count(), 20);
    });
  });
});
