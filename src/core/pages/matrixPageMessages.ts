/** What the matrix page (engines × targets) and the extension say to each other. The page shows, filters and sorts. */
import type { MatrixModel } from '../targets/matrixModel';

export const matrixFormats = ['csv', 'json', 'markdown'] as const;
export type MatrixFormat = (typeof matrixFormats)[number];

export type ToMatrixPage =
  { type: 'waiting'; sentence: string } | { type: 'matrix'; matrix: MatrixModel };

export type FromMatrixPage =
  | { type: 'ready' }
  /** engine: its id in the model. */
  | { type: 'openEngine'; engine: string }
  | { type: 'fix'; engine: string; target: string }
  /** All engines with this cause. */
  | { type: 'fixAll'; cause: string }
  | { type: 'export'; format: MatrixFormat }
  | { type: 'chooseTargets' }
  | { type: 'editTargets' }
  | { type: 'copyCommand' }
  | { type: 'checkAll' };
