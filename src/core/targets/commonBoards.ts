/** Boards to begin with where nobody has named targets: from the smallest that many people have to the largest. */
import { boardTarget, type Target } from './targets';

/** Offered by name where targets are chosen for the first time; the first three are chosen unless somebody says otherwise. */
export const commonBoards = [
  'rtx-5090',
  'rtx-4060-laptop',
  'rtx-3050-6gb',
  'rtx-4090',
  'gtx-1660-ti',
  'gb10',
] as const;

export const suggestedBoards: readonly string[] = commonBoards.slice(0, 3);

/** Shown, and required of nothing: only a team's own list is. */
export const defaultTargets: readonly Target[] = commonBoards.flatMap((board) => {
  const made = boardTarget(board, { required: false });
  return 'target' in made ? [made.target] : [];
});
