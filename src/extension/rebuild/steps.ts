/** A few questions one after the other, with a way back. */
import * as vscode from 'vscode';
import { inertText } from '../../core/text/inertText';
import { createInput, createPick } from '../show';

export interface StepFrame {
  title: string;
  /** From 1. */
  step: number;
  totalSteps: number;
}

export type Answer<T> = { kind: 'next'; value: T } | { kind: 'back' } | { kind: 'cancel' };

export interface PickStep<T extends vscode.QuickPickItem> extends StepFrame {
  placeholder: string;
  items: readonly T[];
  many: boolean;
  /** Picked (many) or active (one) at first. */
  picked: readonly T[];
}

export function askPick<T extends vscode.QuickPickItem>(
  step: PickStep<T>,
): Promise<Answer<readonly T[]>> {
  const { pick, shown, given } = createPick(step.items, step.placeholder);
  frame(pick, step);
  pick.canSelectMany = step.many;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  if (step.many) pick.selectedItems = step.picked.map(shown);
  else pick.activeItems = step.picked.slice(0, 1).map(shown);
  return answer(pick, (done) => {
    pick.onDidAccept(() => {
      if (step.many || pick.selectedItems.length > 0) done(given(pick.selectedItems));
    });
  });
}

export interface TextStep extends StepFrame {
  prompt: string;
  value: string;
  /** A sentence, or undefined where the text is fine. */
  validate: (text: string) => string | undefined;
}

export function askText(step: TextStep): Promise<Answer<string>> {
  const { input, check } = createInput(step.prompt, step.value, step.validate);
  frame(input, step);
  return answer(input, (done) => {
    input.onDidAccept(() => {
      if (check()) done(input.value);
    });
  });
}

/** Asks one after the other; false: the person gave up. */
export async function askAll(
  steps: readonly ((number: number, total: number) => Promise<Answer<unknown>>)[],
): Promise<boolean> {
  let at = 0;
  while (at < steps.length) {
    const given = await steps[at]?.(at + 1, steps.length);
    if (given === undefined || given.kind === 'cancel') return false;
    at += given.kind === 'back' ? -1 : 1;
  }
  return true;
}

function frame(
  input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox,
  { title, step, totalSteps }: StepFrame,
): void {
  input.title = inertText(title);
  input.step = step;
  input.totalSteps = totalSteps;
  // A look into the log or another file must not throw away what was typed.
  input.ignoreFocusOut = true;
  if (step > 1) input.buttons = [vscode.QuickInputButtons.Back];
}

/**
 * The answered question stays, busy, until the next one takes its place: were it hidden at once, the editor behind it
 * would get the focus back, sometimes only after the next question is there, and Enter would go nowhere.
 */
interface Answered {
  input: vscode.QuickInput;
  /** The person closed it while what comes next was prepared. */
  closed: boolean;
}
let answered: Answered | undefined;

/** After the last question, and before anything else is shown. */
export function endSteps(): void {
  answered?.input.dispose();
  answered = undefined;
}

function answer<T>(
  input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox,
  listen: (done: (value: T) => void) => void,
): Promise<Answer<T>> {
  const before = answered;
  answered = undefined;
  if (before?.closed === true) {
    before.input.dispose();
    input.dispose();
    return Promise.resolve({ kind: 'cancel' });
  }
  return new Promise((resolve) => {
    let mine: Answered | undefined;
    const finish = (given: Answer<T>) => {
      if (mine) return;
      mine = { input, closed: false };
      input.busy = true;
      answered = mine;
      resolve(given);
    };
    listen((value) => finish({ kind: 'next', value }));
    input.onDidTriggerButton(() => finish({ kind: 'back' }));
    input.onDidHide(() => {
      if (mine) {
        mine.closed = true;
        return;
      }
      resolve({ kind: 'cancel' });
      input.dispose();
    });
    input.show();
    before?.input.dispose();
  });
}
