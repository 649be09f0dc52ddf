/**
 * The "Engine Inspector" output channel: made with the first line, so that activation creates nothing. Lines of the
 * engine host and of TensorRT-RTX arrive here with the level they had there.
 */
import * as vscode from 'vscode';
import type { HostLogLine } from '../host/engineHost/client';

export class Log implements vscode.Disposable {
  private channel: vscode.LogOutputChannel | undefined;

  private get output(): vscode.LogOutputChannel {
    this.channel ??= vscode.window.createOutputChannel('Engine Inspector', { log: true });
    return this.channel;
  }

  info(line: string): void {
    this.output.info(line);
  }

  warn(line: string): void {
    this.output.warn(line);
  }

  error(line: string): void {
    this.output.error(line);
  }

  debug(line: string): void {
    this.output.debug(line);
  }

  /** ILogger's severities: 0 internal error, 1 error, 2 warning, 3 info, 4 verbose. */
  hostLine({ source, severity, text }: HostLogLine): void {
    const line = source === 'library' ? `TensorRT-RTX: ${text}` : `${source}: ${text}`;
    if (severity <= 1) this.output.error(line);
    else if (severity === 2) this.output.warn(line);
    else if (severity === 3) this.output.info(line);
    else this.output.debug(line);
  }

  show(): void {
    this.output.show(true);
  }

  dispose(): void {
    this.channel?.dispose();
    this.channel = undefined;
  }
}
