/**
 * The one place that puts text into notifications, dialogs, progress, quick picks, input boxes and the status bar's
 * messages: VS Code makes links and icons of parts of such texts, and ours hold names of files (core/text/inertText.ts).
 * ESLint refuses VS Code's own functions everywhere else.
 */
import * as vscode from 'vscode';
import { inertText } from '../core/text/inertText';

type Picked = Thenable<string | undefined>;

export function showInformation(text: string, ...buttons: string[]): Picked {
  return vscode.window.showInformationMessage(inertText(text), ...buttons);
}

export function showWarning(text: string, ...buttons: string[]): Picked {
  return vscode.window.showWarningMessage(inertText(text), ...buttons);
}

export function showError(text: string, ...buttons: string[]): Picked {
  return vscode.window.showErrorMessage(inertText(text), ...buttons);
}

/** A dialog that has to be answered; undefined: it was closed. */
export function ask(
  kind: 'information' | 'warning',
  { question, detail }: { question: string; detail: string },
  ...answers: string[]
): Picked {
  const options = { modal: true, detail: inertText(detail) };
  return kind === 'warning'
    ? vscode.window.showWarningMessage(inertText(question), options, ...answers)
    : vscode.window.showInformationMessage(inertText(question), options, ...answers);
}

export type Progress = vscode.Progress<{ message?: string; increment?: number }>;

export function withProgress<T>(
  options: vscode.ProgressOptions & { title: string },
  task: (progress: Progress, token: vscode.CancellationToken) => Thenable<T>,
): Thenable<T> {
  return vscode.window.withProgress(
    { ...options, title: inertText(options.title) },
    (progress, token) =>
      task(
        {
          report: ({ message, ...rest }) =>
            progress.report(
              message === undefined ? rest : { ...rest, message: inertText(message) },
            ),
        },
        token,
      ),
  );
}

/** A moment in the status bar. */
export function showStatus(text: string, ms: number): void {
  vscode.window.setStatusBarMessage(inertText(text), ms);
}

export function pick<T extends vscode.QuickPickItem>(
  items: readonly T[] | Thenable<readonly T[]>,
  options: vscode.QuickPickOptions & { title: string },
): Thenable<T | undefined> {
  const shown = Promise.resolve(items).then((all) => all.map(inertItem));
  return vscode.window.showQuickPick(shown, {
    ...options,
    title: inertText(options.title),
    ...(options.placeHolder === undefined ? {} : { placeHolder: inertText(options.placeHolder) }),
  });
}

/** A quick pick that stays open; what is picked are the items that were given. */
export function createPick<T extends vscode.QuickPickItem>(
  items: readonly T[],
  placeholder: string,
): { pick: vscode.QuickPick<T>; shown: (item: T) => T; given: (shown: readonly T[]) => T[] } {
  const pick = vscode.window.createQuickPick<T>();
  const shown = new Map(items.map((item) => [item, inertItem(item)]));
  const given = new Map([...shown].map(([item, inert]) => [inert, item]));
  pick.items = [...shown.values()];
  pick.placeholder = inertText(placeholder);
  return {
    pick,
    shown: (item) => shown.get(item) ?? item,
    given: (picked) => picked.map((item) => given.get(item) ?? item),
  };
}

/** validate: a sentence about what was typed, which VS Code looks for links as well. */
export function createInput(
  prompt: string,
  value: string,
  validate: (text: string) => string | undefined,
): { input: vscode.InputBox; check: () => boolean } {
  const input = vscode.window.createInputBox();
  const check = (): boolean => {
    const problem = validate(input.value);
    input.validationMessage = problem === undefined ? undefined : inertText(problem);
    return problem === undefined;
  };
  input.prompt = inertText(prompt);
  input.value = value;
  // Said on Enter; who goes on typing has not finished.
  input.onDidChangeValue(() => (input.validationMessage = undefined));
  return { input, check };
}

function inertItem<T extends vscode.QuickPickItem>(item: T): T {
  const { label, description, detail } = item;
  return {
    ...item,
    label: inertText(label),
    ...(description === undefined ? {} : { description: inertText(description) }),
    ...(detail === undefined ? {} : { detail: inertText(detail) }),
  };
}
