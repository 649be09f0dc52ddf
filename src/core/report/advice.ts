/** Remedies that no program can run: a person reads them where the problem is told, no button stands for them. */
import type { EngineReport, Remedy } from './engineReport';

export function isAdvice({ action }: Remedy): boolean {
  return action.kind === 'getFileAgain';
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
