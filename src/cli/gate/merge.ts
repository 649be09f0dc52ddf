/** The reports of shards as one: file after file from each in turn, which is the order of a check without shards. */
import * as fs from 'node:fs';
import { createInterface } from 'node:readline';
import type { GateJson, GateRecord } from '../../core/gate/gateRecord';
import { gateRecordOf } from '../../core/gate/readRecord';
import { jsonText } from '../../core/report/reportJsonText';
import type { Target } from '../../core/targets/targets';
import { Failure } from '../../core/wire/failure';
import { fileError } from '../../host/files/fileError';
import { defaultCheckOptions, type CheckOptions } from '../checkOptions';
import { complain, shown } from '../output';
import { Reporter } from './reporter';
import { gateSettings } from './settings';
import { parseJson } from '../../core/text/parseJson';

export type MergeOptions = Pick<
  CheckOptions,
  'format' | 'output' | 'failLevel' | 'exitZero' | 'verbose'
>;

interface Read {
  record: GateRecord;
  json: GateJson;
}

export async function merge(files: readonly string[], options: MergeOptions): Promise<number> {
  const settings = await gateSettings({ ...defaultCheckOptions(), ...options, config: false }, {});
  let reporter: Reporter | null = null;
  const seen = new Set<string>();
  let targetIds = '';
  try {
    for await (const { record, json } of inTurn(files.map(readShard))) {
      const ids = (record.targets ?? []).map(({ target }) => target).join(',');
      if (reporter && ids !== targetIds) {
        throw new Failure(
          'wrong-use',
          'The reports were made for different targets.',
          'Merge shards of one check.',
        );
      }
      targetIds = ids;
      if (!reporter) {
        const targets = record.targets?.map(targetOfCell) ?? null;
        const { failLevel, exitZero, outputs, root } = settings;
        const format = settings.format === 'text' && !targets ? 'markdown' : settings.format;
        reporter = new Reporter({
          ...{ root, targets, format, outputs, failLevel, exitZero },
          verbose: options.verbose === true,
          text: null,
          baseline: null,
        });
        await reporter.start();
      }
      if (seen.has(record.file)) {
        complain(`${record.file} is in more than one report; the first one counts.`);
        continue;
      }
      seen.add(record.file);
      await reporter.file(
        record,
        (style) => jsonText(json, style),
        record.targets ? null : machineCode(json),
      );
    }
    if (!reporter) {
      throw new Failure(
        'wrong-use',
        'The reports hold no files.',
        'Give the JSON or NDJSON of check --shard.',
      );
    }
    await reporter.end();
    return reporter.code.code;
  } catch (error) {
    reporter?.abort();
    throw error;
  }
}

function machineCode({ verdict, reasons }: GateJson): 0 | 1 | 2 {
  if (verdict === 'invalid' || reasons.some(({ severity }) => severity === 'error')) return 1;
  if (verdict !== 'unchecked') return 0;
  return reasons.some(({ id }) => id === 'version-mismatch') ? 1 : 2;
}

function targetOfCell(cell: NonNullable<GateRecord['targets']>[number]): Target {
  const { target: id, name, required, computeCapability, memory } = cell;
  return {
    ...{ id, name, required, computeCapability, memory },
    memoryIs: 'nominal',
    unified: false,
    board: null,
    driverVersion: null,
    tensorrtRtx: null,
    cudaRuntimeVersion: null,
  };
}

async function* inTurn(sources: AsyncGenerator<Read>[]): AsyncGenerator<Read> {
  let open = sources;
  while (open.length > 0) {
    const still: AsyncGenerator<Read>[] = [];
    for (const source of open) {
      const next = await source.next();
      if (next.done === true) continue;
      still.push(source);
      yield next.value;
    }
    open = still;
  }
}

/** A JSON array is read whole, NDJSON line by line. */
async function* readShard(file: string): AsyncGenerator<Read> {
  const wrong = (what: string) =>
    new Failure(
      'wrong-use',
      `${shown(file)} ${what}.`,
      'Give the JSON or NDJSON of check --format json or ndjson.',
    );
  const read = (text: string, line: string): Read[] => {
    let value: unknown;
    try {
      value = parseJson(text);
    } catch {
      throw wrong(`is cut short or not JSON${line}`);
    }
    return (Array.isArray(value) ? (value as unknown[]) : [value]).map((item) => {
      const found = gateRecordOf(item);
      if (!found) throw wrong(`has an entry that check did not write${line}`);
      return found;
    });
  };
  const first = Buffer.alloc(1);
  try {
    const descriptor = fs.openSync(file, 'r');
    fs.readSync(descriptor, first, 0, 1, 0);
    fs.closeSync(descriptor);
  } catch (error) {
    const { message, nextStep } = fileError(error, `The report ${shown(file)}`);
    throw new Failure('wrong-use', message, nextStep);
  }
  if (first.toString() === '[') {
    // eslint-disable-next-line gates/read -- a report of thousands of files is no small file
    yield* read(fs.readFileSync(file, 'utf8'), '');
    return;
  }
  let number = 0;
  // eslint-disable-next-line gates/read -- read line by line, however long it is
  const input = fs.createReadStream(file);
  for await (const line of createInterface({ input })) {
    number++;
    if (line !== '') yield* read(line, ` (line ${number})`);
  }
}
