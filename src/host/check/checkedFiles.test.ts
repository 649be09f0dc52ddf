import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { editHeader, noDriver, realHeader, rtx4060 } from '../../../test/support/engines';
import { putRecipe } from '../../../test/support/standInFolder';
import type { MachineFacts } from '../../core/report/engineReport';
import { makeEngineReport } from '../../core/report/makeEngineReport';
import { SharedReports } from '../../core/report/sharedReport';
import type { RuntimeInfo } from '../engineHost/protocol';
import { AlikeFiles } from './alikeFiles';
import { CheckedFiles, type DescribedFile } from './checkedFiles';
import { CheckRecords } from './checkRecords';
import { checkRecordSize } from './checkRecordSize';
import { EngineTexts } from './engineText';

const runtime: RuntimeInfo = {
  version: '1.7.1.116',
  path: '/opt/libtensorrt_rtx.so.1',
  cudaRuntimeVersion: 13020,
  headerSize: 64,
};

interface Made {
  header?: Uint8Array;
  /** Of the file; else what the header says. */
  size?: number;
  lines?: string;
  modified?: number;
}

const header = realHeader('1.6.1.120');
const sized = (fileSize: number, weightBytes = 0) =>
  editHeader(header, { fileSize: BigInt(fileSize), weightBytes: BigInt(weightBytes) });

function recordsOf(files: readonly Made[]): CheckRecords {
  let text = '';
  const records = files.map(
    ({ header: bytes = sized(4096), size, lines = '', modified = 1e12 }) => {
      const record = Buffer.alloc(checkRecordSize);
      record.set(bytes);
      record.writeUInt32LE(64, 128);
      record.writeUInt32LE(1, 132);
      record.writeInt32LE(2, 140);
      record.writeBigUInt64LE(BigInt(size ?? Buffer.from(bytes).readBigUInt64LE(16)), 152);
      record.writeBigInt64LE(BigInt(modified) * 1_000_000n, 160);
      record.writeUInt32LE(text.length, 168);
      record.writeUInt32LE(lines.length, 172);
      text += lines;
      return record;
    },
  );
  const bytes = Buffer.concat(records);
  return new CheckRecords({ count: files.length, records: bytes, text: Buffer.from(text) });
}

describe('checked files', () => {
  let made = 0;
  const shared = new SharedReports((input) => {
    made++;
    return makeEngineReport(input);
  });
  const alike = new AlikeFiles();
  beforeEach(() => (made = 0));

  function checked(files: readonly Made[], machine: MachineFacts = noDriver): CheckedFiles {
    const records = recordsOf(files);
    return new CheckedFiles(
      files.map((_, index) => `/fleet/m${index}.engine`),
      files.map((_, index) => ({ kind: 'record', records, index, runtime })),
      { machine, knownRuntimes },
      undefined,
      new EngineTexts(),
      shared,
      alike,
    );
  }
  const knownRuntimes = [{ version: '1.6.1.120', path: '/opt/1.6/libtensorrt_rtx.so.1' }];

  /** Where somebody looked beside the file, and nothing is there. */
  async function described(files: CheckedFiles): Promise<DescribedFile[]> {
    const beside = () => ({ mayHaveRecipe: false, mayHaveModel: false });
    return Promise.all([...files.describedFiles({ beside })]);
  }

  it('say of each what its own report says', async () => {
    const fleet = [
      {},
      { header: sized(9000, 4096), modified: 1e12 + 61_000 },
      { header: sized(9000), lines: '2An engine of another kind\0' },
      { header: sized(9000), size: 100 },
      { header: sized(9000), lines: '2An engine of another kind\0' },
    ];
    const files = checked(fleet);
    const all = await described(files);
    assert.deepEqual(
      all.map((file) => file.shared !== null),
      [true, true, true, false, true],
    );
    for (const [index, file] of all.entries()) {
      const own = await files.report(index);
      assert.deepEqual({ ...file.report, checkedAt: own.checkedAt }, own);
      assert.equal(file.file, own.file);
      if (!file.shared) continue;
      const { size, modified, weightBytes } = file.shared;
      assert.deepEqual(
        { size, modified, weightBytes },
        { size: own.size, modified: own.modified, weightBytes: own.header?.weightBytes },
      );
    }
    assert.equal(all[0]?.shared?.of, all[1]?.shared?.of);
    assert.notEqual(all[0]?.shared?.of, all[2]?.shared?.of);
    assert.equal(all[2]?.shared?.of, all[4]?.shared?.of);
  });

  it('make one report for a thousand engines of one build, and none again for the next thousand', async () => {
    const lines = '2An engine that was not seen before\0';
    const fleet = Array.from({ length: 1000 }, (_, at) => ({ header: sized(64 + at), lines }));
    const all = await described(checked(fleet));
    assert.ok(all.every((file) => file.shared));
    assert.equal(made, 1);
    await described(checked(fleet));
    assert.equal(made, 1);
  });

  it('make another one where the machine is another one', async () => {
    const fleet = [{ lines: '2An engine that is asked about twice\0' }];
    await described(checked(fleet));
    await described(checked(fleet, rtx4060));
    assert.equal(made, 2);
  });

  it('share nothing of engines whose weights are too large for the GPU', async () => {
    const files = checked([{ header: sized(9000, 12 * 2 ** 30) }], rtx4060);
    assert.equal((await described(files))[0]?.shared, null);
  });

  it('share nothing where a recipe may lie beside the file, or nobody looked', async () => {
    const files = checked([{}]);
    const beside = () => ({ mayHaveRecipe: true, mayHaveModel: false });
    const [one] = await Promise.all([...files.describedFiles({ beside })]);
    const [other] = await Promise.all([...files.describedFiles()]);
    assert.equal(one?.shared, null);
    assert.equal(other?.shared, null);
  });

  it('are not looked for beside a file where nothing of that name is, also where nobody was asked', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'beside-'));
    try {
      const file = path.join(folder, 'm.engine');
      fs.writeFileSync(file, sized(4096));
      putRecipe(folder, 'm.engine');
      const files = new CheckedFiles(
        [file],
        [{ kind: 'not-asked', problem: { sentence: 'None.', nextStep: 'Install one.' } }],
        ...([
          { machine: noDriver, knownRuntimes },
          undefined,
          new EngineTexts(),
          shared,
          alike,
        ] as const),
      );
      for (const [mayHave, found] of [
        [true, 'm.engine.json'],
        [false, undefined],
      ] as const) {
        const beside = () => ({ mayHaveRecipe: mayHave, mayHaveModel: mayHave });
        const [one] = await Promise.all([...files.describedFiles({ beside })]);
        assert.equal(one?.recipe?.file, found);
        assert.equal(one?.mayHaveModel, mayHave);
      }
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
