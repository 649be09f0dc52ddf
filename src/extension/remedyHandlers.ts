/**
 * What happens when a remedy is picked: a table from remedy to handler, the one place where a feature (rebuild, later
 * ones) registers what it can do. The last handler that was registered for a remedy is used; taking it away gives the
 * place back to the one before.
 */
import * as vscode from 'vscode';
import type { EngineReport, Remedy, RemedyId } from '../core/report/engineReport';

export interface RemedyContext {
  uri: vscode.Uri;
  report: EngineReport;
  remedy: Remedy;
}

export type RemedyHandler = (context: RemedyContext) => Promise<void>;

export class RemedyHandlers {
  private readonly handlers = new Map<RemedyId, RemedyHandler[]>();

  register(ids: readonly RemedyId[], handler: RemedyHandler): vscode.Disposable {
    for (const id of ids) this.handlers.set(id, [...(this.handlers.get(id) ?? []), handler]);
    return new vscode.Disposable(() => {
      for (const id of ids) {
        const left = (this.handlers.get(id) ?? []).filter((one) => one !== handler);
        this.handlers.set(id, left);
      }
    });
  }

  has(id: RemedyId): boolean {
    return (this.handlers.get(id)?.length ?? 0) > 0;
  }

  async run(context: RemedyContext): Promise<void> {
    const handler = this.handlers.get(context.remedy.id)?.at(-1);
    // A test holds that every id has one.
    if (!handler) throw new Error(`no handler for the remedy ${context.remedy.id}`);
    await handler(context);
  }
}
