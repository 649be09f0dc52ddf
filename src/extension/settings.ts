/**
 * Typed access to our settings. The two that choose a library have machine scope: VS Code never takes them from a
 * workspace, trusted or not, and readMachine() here reads the user's value only, whatever a later manifest says.
 */
import * as vscode from 'vscode';
import { section, settingBounds, settings } from './ids';

export type RuntimeChoiceSetting = 'automatic' | 'matchEngine';
export type CheckWorkspace = 'whenUsed' | 'onStartup' | 'never';

function readMachine<T>(name: string, fallback: T): T {
  const found = vscode.workspace.getConfiguration(section).inspect<T>(name);
  return found?.globalValue ?? found?.defaultValue ?? fallback;
}

/** A number within its bounds, however it was written into settings.json. */
function readNumber(name: keyof typeof settingBounds, scope?: vscode.Uri): number {
  const value = vscode.workspace.getConfiguration(section, scope).get<unknown>(settings[name]);
  const { default: fallback, minimum, maximum } = settingBounds[name];
  return typeof value === 'number' && value >= minimum ? Math.min(value, maximum) : fallback;
}

/** Path of a library or of a folder with one; empty: look for it. */
export function runtimePath(): string {
  const value = readMachine<unknown>(settings.runtimePath, '');
  return typeof value === 'string' ? value.trim() : '';
}

export function runtimeChoice(): RuntimeChoiceSetting {
  return readMachine<unknown>(settings.runtimeChoice, 'automatic') === 'matchEngine'
    ? 'matchEngine'
    : 'automatic';
}

export function checkWorkspace(): CheckWorkspace {
  const value = vscode.workspace.getConfiguration(section).get<unknown>(settings.checkWorkspace);
  return value === 'onStartup' || value === 'never' ? value : 'whenUsed';
}

export type ProblemsSetting = 'automatic' | 'all' | 'openOrRequired';

/** Which engines' problems are listed in Problems. */
export function problems(): ProblemsSetting {
  const value = vscode.workspace.getConfiguration(section).get<unknown>(settings.problems);
  return value === 'all' || value === 'openOrRequired' ? value : 'automatic';
}

/** Of which targets of engine-inspector.json Problems tells. */
export function problemsForTargets(): 'required' | 'all' | 'off' {
  const value = vscode.workspace
    .getConfiguration(section)
    .get<unknown>(settings.problemsForTargets);
  return value === 'all' || value === 'off' ? value : 'required';
}

export function explorerBadges(): boolean {
  return vscode.workspace.getConfiguration(section).get(settings.explorerBadges, true);
}

/** Milliseconds. */
export function checkTimeoutMs(): number {
  return readNumber('checkTimeout') * 1000;
}

/** How many old engines stay beside a new one as .bak, .bak2, … A workspace may ask for more than the user, never for fewer. */
export function keepBackups(engine: vscode.Uri): number {
  const { default: fallback, minimum, maximum } = settingBounds.keepBackups;
  const user = readMachine<unknown>(settings.keepBackups, fallback);
  const least = typeof user === 'number' && user >= minimum ? Math.min(user, maximum) : fallback;
  return Math.floor(Math.max(least, readNumber('keepBackups', engine)));
}

export type GpuStatusBar = 'whenEngineOpen' | 'always' | 'never';

/** UUID of the GPU that checks and runs use; empty: the first that CUDA shows. */
export function gpu(): string {
  const value = readMachine<unknown>(settings.gpu, '');
  return typeof value === 'string' ? value.trim() : '';
}

export async function setGpu(uuid: string): Promise<void> {
  await vscode.workspace
    .getConfiguration(section)
    .update(settings.gpu, uuid || undefined, vscode.ConfigurationTarget.Global);
}

export function gpuStatusBar(): GpuStatusBar {
  const value = vscode.workspace.getConfiguration(section).get<unknown>(settings.gpuStatusBar);
  return value === 'always' || value === 'never' ? value : 'whenEngineOpen';
}

/** Milliseconds. */
export function gpuIntervalMs(): number {
  return readNumber('gpuInterval') * 1000;
}

/** 0: never. */
export function gpuWarningPercent(): number {
  return readNumber('gpuWarningPercent');
}

/** A stage of loading or running an engine that says nothing for so long is ended. Milliseconds. */
export function runTimeoutMs(): number {
  return readNumber('runTimeout') * 1000;
}

/** Recent runs of each engine. */
export function keptRuns(): number {
  return Math.floor(readNumber('keptRuns'));
}

/** Whether terminals find `engine-inspector`. */
export function terminalCommand(): boolean {
  return readMachine<unknown>(settings.terminalCommand, true) !== false;
}

export async function setRuntime(choice: { path: string; choice: RuntimeChoiceSetting }) {
  const configuration = vscode.workspace.getConfiguration(section);
  const { Global } = vscode.ConfigurationTarget;
  await configuration.update(settings.runtimePath, choice.path || undefined, Global);
  await configuration.update(
    settings.runtimeChoice,
    choice.choice === 'automatic' ? undefined : choice.choice,
    Global,
  );
}

export function onDidChange(
  names: readonly (keyof typeof settings)[],
  listener: () => void,
): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (names.some((name) => event.affectsConfiguration(`${section}.${settings[name]}`)))
      listener();
  });
}
