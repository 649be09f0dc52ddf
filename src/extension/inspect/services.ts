import type * as vscode from 'vscode';
import type { EnginePicker } from '../enginePicker';
import type { Rebuild } from '../rebuild';
import type { EngineWorkServices } from '../run/engineWork';

export interface LookInsideServices extends EngineWorkServices {
  extensionUri: vscode.Uri;
  rebuild: Rebuild;
  enginePicker: EnginePicker;
  /** Where runs are kept. */
  runsFolder: string;
  cacheFolder: string;
}
