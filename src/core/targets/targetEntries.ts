/** What is wrong with one engine on its targets, as Problems lists it: one entry for each cause, however many targets have it. */
import { CellJsons, findingsOf, type Finding } from '../gate/gateRecord';
import type { ComputeCapability } from '../gpu/computeCapability';
import type { FileFacts } from '../report/engineReport';
import { unusableBy, type TargetCell } from './cell';
import { cellRemedy } from './cellRemedy';
import type { SeverityByReason } from './matrix';
import type { Target } from './targets';

export interface TargetEntry {
  /** A reason's id. */
  id: string;
  severity: Finding['severity'];
  sentence: string;
  /** The target whose cell has a fix to offer; null: none has. */
  fixFor: string | null;
}

export class TargetEntries {
  private readonly jsons: CellJsons;

  constructor(
    /** Those that are told of. */
    private readonly targets: readonly Target[],
    severity: SeverityByReason,
    /** How many there are, optional ones with them. */
    private readonly all: number,
  ) {
    this.jsons = new CellJsons(targets, severity);
  }

  /** Loudest first. refused: GPUs that NVIDIA's compiler refuses the model for. */
  of(
    facts: FileFacts,
    row: readonly TargetCell[],
    refused: readonly ComputeCapability[] = [],
  ): TargetEntry[] {
    const told = this.jsons.row(row);
    // What the file shows by itself is listed without any target.
    const ofFile = new Set<string>(unusableBy(facts).map(({ id }) => id));
    const record = { file: '', kind: facts.kind, recipe: null, reasons: [], known: [] };
    return findingsOf({ ...record, targets: told })
      .filter(({ rule }) => !ofFile.has(rule))
      .map(({ rule, severity, sentence, targets }) => {
        const fixable = told.find(
          (cell) => cell.reasons[0]?.id === rule && cellRemedy(cell, refused) !== null,
        );
        return {
          ...{ id: rule, severity },
          sentence: targets.length > 0 ? sentence : `${this.everywhere()}: ${sentence}`,
          fixFor: fixable?.target ?? null,
        };
      });
  }

  private everywhere(): string {
    const { length } = this.targets;
    return length === this.all ? `All ${length} targets` : `All ${length} required targets`;
  }
}
