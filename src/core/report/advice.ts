/** Remedies that no program can run: a person reads them where the problem is told, no button stands for them. */
import type { EngineReport, Remedy } from './engineReport';

export function isAdvice({ action }: Remedy): boolean {
  return action.kind === 'getFileAgain';
}

/** Whether "Fix Engine Problem…" has something to do. */
export function canBeFixed({ remedies }: EngineReport): boolean {
  return remedies.some((remedy) => !isAdvice(remedy));
}

/** No GPU is known that could load it: nothing that needs one is offered as if it would work. */
export function hasNoGpuToLoadOn({ gpu, header }: EngineReport): boolean {
  return gpu === null && header !== null;
}
