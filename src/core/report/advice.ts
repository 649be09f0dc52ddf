/** Remedies that no program can run: a person reads them where the problem is told, no button stands for them. */
import type { EngineReport, Remedy } from './engineReport';

export function isAdvice({ action }: Remedy): boolean {
  return action.kind === 'getFileAgain';
}

/** The words of a button that stands for it: in Restricted Mode git is not run, its command is copied. */
export function offeredAs(remedy: Remedy, trusted: boolean): Pick<Remedy, 'title' | 'detail'> {
  return remedy.action.kind === 'gitLfsPull' && !trusted
    ? {
        title: 'Copy git lfs pull Command',
        detail:
          'Copies the command for a terminal: in Restricted Mode git is not run. It puts the engine in the place of this pointer.',
      }
    : remedy;
}

/** Whether "Fix Engine Problem…" has something to do. */
export function canBeFixed({ remedies }: EngineReport): boolean {
  return remedies.some((remedy) => !isAdvice(remedy));
}

/** It was asked, and no GPU is there that could load it: nothing that needs one is offered as if it would work. */
export function hasNoGpuToLoadOn({ gpu, lead, reasons }: EngineReport): boolean {
  return (
    gpu === null && (lead === 'targets' || reasons.some(({ id }) => id === 'gpu-not-readable'))
  );
}
