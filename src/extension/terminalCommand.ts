/**
 * `engine-inspector` in VS Code's terminals: a folder of the extension on their PATH, with launchers for sh and cmd that run
 * dist/cli.js by the Node that runs this. Nothing of a workspace is in it, so Restricted Mode has it too. VS Code remembers
 * the variables for terminals that open before this extension is active, and forgets them with the extension.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { installedVariable } from '../host/runtimes/installedVariable';
import * as settings from './settings';

const shown =
  'Adds the command `engine-inspector` to PATH. The setting `#engineInspector.terminalCommand#` switches it off.';

export class TerminalCommand implements vscode.Disposable {
  private readonly listener: vscode.Disposable;

  constructor(
    private readonly variables: vscode.EnvironmentVariableCollection,
    private readonly folder: string,
    /** Of "Install TensorRT-RTX…". */
    private readonly installFolder: string,
  ) {
    this.update();
    this.listener = settings.onDidChange(['terminalCommand'], () => this.update());
  }

  private update(): void {
    if (!settings.terminalCommand()) {
      this.variables.clear();
      return;
    }
    // Behind what is there: a command line that the user installed is the one that answers.
    const options = { applyAtProcessCreation: true, applyAtShellIntegration: true };
    this.variables.append('PATH', path.delimiter + this.folder, options);
    this.variables.replace('ENGINE_INSPECTOR_NODE', process.execPath, options);
    this.variables.replace(installedVariable, this.installFolder, options);
    this.variables.description = new vscode.MarkdownString(shown);
  }

  dispose(): void {
    this.listener.dispose();
  }
}
