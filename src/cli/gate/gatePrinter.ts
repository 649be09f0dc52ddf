/** A gate that asks this machine about engines and has no more to it: a line for each file. */
import { csv, machineCsvLine } from '../../core/gate/csv';
import { findingsOf, GateCode, gateRecord, type GateRecord } from '../../core/gate/gateRecord';
import { exitCode } from '../../core/report/exitCode';
import type { EngineReport } from '../../core/report/engineReport';
import { reportJson } from '../../core/report/reportJson';
import { jsonText, sharedJsonLine } from '../../core/report/reportJsonText';
import type { SharedReport } from '../../core/report/sharedReport';
import { hasRecipe } from '../../host/check/recipeBeside';
import type { LineFormat } from '../checkOptions';
import { print } from '../output';
import type { Printed, Printer } from '../printers';

export class GatePrinter implements Printer {
  readonly code = new GateCode('error', false);
  private readonly csv = csv();

  constructor(private readonly format: LineFormat) {}

  start(): Promise<void> | void {
    if (this.format === 'csv') return print(this.csv.start());
  }

  line(report: SharedReport): ReturnType<Printer['line']> {
    const { example } = report;
    this.count(recordOf(example, false), example);
    const line =
      this.format === 'csv' ? machineCsvLine(example) : sharedJsonLine(report, 'line', noRecipe);
    return { line, begin: () => undefined };
  }

  async file({ report }: Printed): Promise<void> {
    const record = recordOf(report, await hasRecipe(report.file));
    this.count(record, report);
    const text =
      this.format === 'csv'
        ? this.csv.file(record)
        : jsonText({ ...reportJson(report), recipe: record.recipe }, 'line');
    await print(text);
  }

  end(): void {}

  private count(record: GateRecord, report: EngineReport): void {
    this.code.add(record, findingsOf(record), exitCode([{ report }]));
  }
}

const noRecipe = { recipe: null };

function recordOf(report: EngineReport, recipe: boolean): GateRecord {
  return gateRecord(report, { targets: null, reasons: report.reasons, known: [], recipe });
}
