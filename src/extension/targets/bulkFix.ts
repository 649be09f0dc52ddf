/** Engines with problems on targets, rebuilt for all targets on which they have them: one question for each kind of rebuild. */
import type * as vscode from 'vscode';
import { isRebuildChoice, type RebuildChoice } from '../../core/rebuild/rebuildOptions';
import type { EngineReport } from '../../core/report/engineReport';
import { cellRemedy } from '../../core/targets/cellRemedy';
import { MatrixCells } from '../../core/targets/matrix';
import type { Target } from '../../core/targets/targets';
import { refusedFamilies } from '../../core/trial/recipeEvidence';
import type { Rebuild } from '../rebuild';
import { showInformation } from '../show';

interface Rebuilt {
  uri: vscode.Uri;
  streams: boolean;
  gpus: string[];
}

export class BulkFix {
  private readonly rebuilt = new Map<string, Rebuilt>();

  /** Where no rebuild helps, none is made. */
  add(uri: vscode.Uri, report: EngineReport, target: Target): void {
    const [cell] = new MatrixCells([target]).ofReport(report).row;
    const refused = refusedFamilies(report.trial);
    const action = cell && cellRemedy(cell, refused)?.action;
    if (!cell || !isRebuildChoice(action)) return;
    const key = uri.toString();
    const known = this.rebuilt.get(key) ?? { uri, streams: false, gpus: [] };
    this.rebuilt.set(key, known);
    known.streams ||= action === 'weight-streaming';
    // A cell may be wrong for its version first, and not be built for the GPU either.
    const notBuiltFor = cell.reasons.some(({ id }) => id === 'unsupported-compute-capability');
    if (notBuiltFor && !refused.includes(cell.computeCapability)) {
      known.gpus.push(cell.computeCapability);
    }
  }

  /** asked: how many engines this is about. */
  async run(rebuild: Rebuild, asked: number): Promise<void> {
    if (this.rebuilt.size === 0) {
      void showInformation(
        `No rebuild helps these ${asked} engines. Open one to see what is known about it.`,
      );
      return;
    }
    const all = [...this.rebuilt.values()];
    const by = (choice: RebuildChoice) => all.filter((one) => choiceOf(one) === choice);
    for (const choice of ['weight-streaming', 'chosen-gpus', 'this-machine'] as const) {
      const some = by(choice);
      if (some.length === 0) continue;
      const gpus = new Set(some.flatMap((one) => one.gpus));
      await rebuild.rebuildAll(
        some.map(({ uri }) => uri),
        choice,
        [...gpus],
      );
    }
  }
}

const choiceOf = ({ streams, gpus }: Rebuilt): RebuildChoice =>
  streams ? 'weight-streaming' : gpus.length > 0 ? 'chosen-gpus' : 'this-machine';
