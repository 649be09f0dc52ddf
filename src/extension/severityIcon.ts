/** How loud a report is, as VS Code's own icons in trees and pickers. */
import * as vscode from 'vscode';
import type { Severity } from '../core/report/engineReport';
import { assertNever } from '../core/text/assertNever';

export function severityIcon(severity: Severity): vscode.ThemeIcon {
  switch (severity) {
    case 'error':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
    case 'warning':
      return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    case 'information':
      // Nothing is wrong, and nothing is proved: neither a tick nor a question.
      return new vscode.ThemeIcon('circle-outline');
    case 'ok':
      return new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed'));
    default:
      return assertNever(severity);
  }
}
