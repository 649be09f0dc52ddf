/** The Run tab's form without a browser: what was typed becomes choices, or errors beside their fields. */
import assert from 'node:assert/strict';
import { defaultRunChoices } from '../../src/core/run/runReport';
import {
  emptyForm,
  fieldIds,
  parseBytes,
  readChoices,
  readForm,
  type RunForm,
  withChoices,
  withInput,
} from '../../src/webview/enginePage/run/form';
import { differenceRows, differenceText } from '../../src/webview/enginePage/run/difference';
import { inspections, runReports } from './harness/runReports';

const { normal, twoProfiles } = inspections;

function read(form: RunForm, inspection = normal) {
  const { tensors, streamable, profileCount } = inspection.facts;
  const { choices, errors } = readChoices(form, tensors, streamable, profileCount);
  return { choices, errors: Object.fromEntries(errors) };
}

describe('Run tab: form', () => {
  it('says the defaults of core when nothing was touched', () => {
    const { choices, errors } = read(emptyForm());
    assert.deepEqual(errors, {});
    assert.deepEqual(choices, {
      ...defaultRunChoices,
      inputs: [{ name: 'input', shape: null, source: { kind: 'random', seed: 0 } }],
    });
  });

  it('gives a whole shape as soon as one size was typed, the others at opt', () => {
    const form = withInput(emptyForm(), 'input', { dimensions: [null, null, '640', null] });
    assert.deepEqual(read(form).choices.inputs[0]?.shape, [1, 3, 640, 1280]);
  });

  for (const [typed, expected] of [
    ['63', '64 to 1080'],
    ['1081', '64 to 1080'],
    ['', '64 to 1080'],
    ['6.5', '64 to 1080'],
    ['-64', '64 to 1080'],
    ['0x40', '64 to 1080'],
  ] as const) {
    it(`refuses ${JSON.stringify(typed)} as a size of 64 to 1080`, () => {
      const form = withInput(emptyForm(), 'input', { dimensions: [null, null, typed, null] });
      const { errors } = read(form);
      assert.deepEqual(Object.keys(errors), [fieldIds.dimension(0, 2)]);
      assert.match(Object.values(errors)[0]!, new RegExp(expected));
    });
  }

  it('takes the sizes of the profile that is chosen', () => {
    const form = { ...emptyForm(), profile: 1 };
    const typed = withInput(form, 'tokens', { dimensions: [null, '300'] });
    assert.deepEqual(read(typed, twoProfiles).choices.inputs[0]?.shape, [8, 300]);
    assert.equal(read({ ...form, profile: 7 }, twoProfiles).choices.profile, 0);
  });

  it('refuses what core refuses, beside the field', () => {
    const backwards = withInput(emptyForm(), 'input', { source: 'range', from: '2', to: '1' });
    assert.deepEqual(Object.keys(read(backwards).errors), [fieldIds.to(0)]);
    const tooWide = withInput(emptyForm(), 'tokens', {
      source: 'range',
      from: '0.2',
      to: '0.8',
    });
    assert.deepEqual(Object.keys(read(tooWide, twoProfiles).errors), [fieldIds.source(0)]);
    const nothing = read({ ...emptyForm(), iterations: '0', seconds: '0' });
    assert.deepEqual(Object.keys(nothing.errors), [fieldIds.iterations]);
    assert.deepEqual(read({ ...emptyForm(), iterations: '0', seconds: '2.5' }).errors, {});
  });

  for (const [field, value] of [
    ['iterations', '1e3'],
    ['iterations', '99999999'],
    ['seconds', 'two'],
    ['seconds', '3601'],
    ['warmUp', '-1'],
    ['streams', '0'],
    ['streams', '17'],
    ['profiledIterations', ''],
  ] as const) {
    it(`refuses ${field} ${JSON.stringify(value)}`, () => {
      assert.deepEqual(Object.keys(read({ ...emptyForm(), [field]: value }).errors), [
        fieldIds[field],
      ]);
    });
  }

  it('reads sizes as people write them', () => {
    assert.equal(parseBytes('2.5 GiB'), 2.5 * 2 ** 30);
    assert.equal(parseBytes('512MiB'), 512 * 2 ** 20);
    assert.equal(parseBytes('1,000,000'), 1_000_000);
    assert.equal(parseBytes(' 0 '), 0);
    assert.equal(parseBytes('1.5 GB'), 1.5e9);
    for (const wrong of [
      '',
      'GiB',
      '-1',
      '1 parsec',
      '1e9',
      '1.',
      'constructor',
      '1 constructor',
    ]) {
      assert.equal(parseBytes(wrong), null, wrong);
    }
  });

  it('keeps a budget within what can be streamed, and has none where nothing can', () => {
    const tooLarge = read({ ...emptyForm(), budgetText: '5 GiB' });
    assert.deepEqual(Object.keys(tooLarge.errors), [fieldIds.budget]);
    assert.equal(read({ ...emptyForm(), budgetText: '1 GiB' }).choices.budget, 2 ** 30);
    assert.equal(read({ ...emptyForm(), budget: 1e15 }).choices.budget, normal.facts.streamable);
    const unstreamed = { ...normal, facts: { ...normal.facts, streamable: 0 } };
    assert.equal(read({ ...emptyForm(), budgetText: 'x' }, unstreamed).choices.budget, 'default');
  });

  it('is what a run was done with, when that is put back', () => {
    const { choices } = runReports.compared;
    assert.deepEqual(read(withChoices(emptyForm(), choices)).choices, choices);
    const withFile = {
      ...choices,
      budget: 123_456,
      inputs: [
        {
          name: 'input',
          shape: [1, 3, 480, 640],
          source: { kind: 'file' as const, path: '/x/cat.png' },
        },
      ],
    };
    const again = read(withChoices(emptyForm(), withFile));
    assert.deepEqual(again.errors, {});
    assert.equal(again.choices.budget, 123_456);
    assert.deepEqual(again.choices.inputs[0]?.source, withFile.inputs[0]?.source);
  });

  it('survives JSON, and whatever an older page kept', () => {
    const form = withChoices(emptyForm(), runReports.compared.choices);
    assert.deepEqual(readForm(JSON.parse(JSON.stringify(form))), form);
    for (const kept of [
      null,
      7,
      'x',
      [],
      { inputs: 7, budget: -5, compared: [1, 2], attempt: 'no' },
      { inputs: [null, { name: 3 }, { name: 'input', source: 'file', dimensions: [7] }] },
      { inputs: [{ name: 'input', source: 'file', file: { source: { path: 7 } } }] },
    ]) {
      assert.deepEqual(read(readForm(kept)).errors, {}, JSON.stringify(kept));
    }
  });
});

describe('Run tab: two runs side by side', () => {
  it('says by how much and which is better', () => {
    const rows = differenceRows(runReports.plain, runReports.compared);
    const median = rows.find(({ name }) => name === 'Median')!;
    assert.match(median.difference, /^\+1\.\d+ ms \(\+1\d %\)$/);
    assert.equal(median.better, false);
    const memory = rows.find(({ name }) => name === 'GPU memory at peak')!;
    assert.match(memory.difference, /^−2\.4 GiB \(−3\d %\)$/);
    assert.equal(memory.better, true);
    assert.equal(rows.find(({ name }) => name === 'Throughput')?.better, false);
    assert.equal(rows.find(({ name }) => name === 'GPU')?.difference, 'same');
  });

  it('calls equal what is equal, and says nothing of what is missing', () => {
    const same = differenceRows(runReports.plain, runReports.plain);
    assert.ok(same.every(({ difference, better }) => difference === 'same' && better === null));
    const failed = differenceRows(runReports.plain, runReports.failed);
    assert.equal(failed.find(({ name }) => name === 'Median')?.difference, '');
    assert.equal(differenceText(0, 5, String), '+5');
  });
});
