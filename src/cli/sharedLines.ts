/** Prints files that share a report: what they have in common is made and encoded once, and nothing is made for each. */
import { isPlainPath } from '../core/report/fileLine';
import type { EngineReport } from '../core/report/engineReport';
import type { SharedReport } from '../core/report/sharedReport';
import type { CheckedFiles } from '../host/check/checkedFiles';
import { encodedLine, printLine, type EncodedLine } from './output';
import type { Printer } from './printers';

const noNumbers = { size: 0, modified: 0, weightBytes: 0 };

export interface SharedLine {
  readonly line: EncodedLine;
  readonly begin: () => void;
}

export class SharedLines {
  /** By what may lie beside the file; null: each is printed by itself. */
  private readonly lines = {
    alone: new Map<SharedReport, SharedLine | null>(),
    withModel: new Map<SharedReport, SharedLine | null>(),
  };

  /** first: called with each report that is new. */
  constructor(
    private readonly printer: Printer,
    private readonly first: (report: EngineReport) => void,
  ) {}

  of(report: SharedReport, mayHaveModel: boolean): SharedLine | null {
    const lines = mayHaveModel ? this.lines.withModel : this.lines.alone;
    const known = lines.get(report);
    if (known !== undefined) return known;
    const made = this.printer.line(report, mayHaveModel);
    const line = made && { line: encodedLine(made.line), begin: made.begin };
    if (line) this.first(report.example);
    lines.set(report, line);
    return line;
  }

  print({ line, begin }: SharedLine, checked: CheckedFiles, index: number): Promise<void> | void {
    begin();
    const path = checked.paths[index];
    const isPlain = typeof path === 'string' && isPlainPath(path);
    const file = isPlain ? path : checked.nameOf(index);
    // A line that has no numbers needs none.
    const { size, modified, weightBytes } =
      isPlain && line.isOfPaths ? noNumbers : checked.numbersOf(index);
    return printLine(line, { file, size, modified, weightBytes }, isPlain);
  }
}
