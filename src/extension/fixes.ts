/**
 * "Fix Engine Problem…": a quick pick of a report's remedies, best first, each with what it will do. The same command
 * serves the links in Problems, the button in the Problems title bar, Ctrl+. in page and header text, the trees' inline
 * action, Explorer and editor title. Called for no engine in particular it first asks which.
 */
import * as vscode from 'vscode';
import type { EngineReport, Remedy } from '../core/report/engineReport';
import { commandTargets, fileName } from './engineTarget';
import type { Errors } from './errors';
import type { Remedies } from './remedies';
import type { Reports } from './reports';
import { pick, showInformation } from './show';

interface RemedyItem extends vscode.QuickPickItem {
  remedy: Remedy;
}
interface OtherItem extends vscode.QuickPickItem {
  other?: true;
}
interface EngineItem extends vscode.QuickPickItem {
  uri: vscode.Uri;
}

export class Fixes {
  constructor(
    private readonly reports: Reports,
    private readonly remedies: Remedies,
    private readonly errors: Errors,
  ) {}

  /** The command. */
  async fix(argument?: unknown, selection?: unknown): Promise<void> {
    await this.errors.guard('Fixing the engine problem', async () => {
      const [named] = commandTargets(argument, selection);
      // From a key or a title bar the engine in front is only a guess.
      const guessed = argument === undefined;
      const target = named ?? (await this.pickEngine());
      if (target) await this.fixEngine(target, guessed);
    });
  }

  /** One remedy at once, by its id: the page's buttons. */
  async apply(uri: vscode.Uri, remedyId: string): Promise<void> {
    await this.errors.guard('Fixing the engine problem', async () => {
      const report = this.reports.get(uri);
      // The page may show an older report than the store holds; its buttons then find no remedy and ask.
      const remedy = report?.remedies.find((one) => one.id === remedyId);
      if (report && remedy) await this.remedies.run({ uri, report, remedy });
      else await this.fixEngine(uri, false);
    });
  }

  private async fixEngine(uri: vscode.Uri, offerOthers: boolean): Promise<void> {
    const report = await this.reports.ensure(uri);
    const name = fileName(uri);
    if (!report) {
      void showInformation(`${name} is not there any more, so there is nothing to fix.`);
      return;
    }
    const others = offerOthers
      ? this.fixable().filter((one) => one.toString() !== uri.toString())
      : [];
    if (report.remedies.length === 0) {
      if (others.length > 0) return this.fixAnother();
      void showInformation(`${name}: ${report.headline}`);
      return;
    }
    const items: (RemedyItem | OtherItem)[] = remedyItems(report);
    if (others.length > 0) {
      items.push({ label: '', kind: vscode.QuickPickItemKind.Separator });
      items.push({ label: 'Another engine…', other: true });
    }
    const picked = await pick(items, {
      title: `Fix ${name}`,
      placeHolder: report.headline,
      matchOnDetail: true,
    });
    if (!picked) return;
    if ('remedy' in picked) await this.remedies.run({ uri, report, remedy: picked.remedy });
    else await this.fixAnother();
  }

  private async fixAnother(): Promise<void> {
    const uri = await this.pickEngine();
    if (uri) await this.fixEngine(uri, false);
  }

  private fixable(): vscode.Uri[] {
    return [...this.reports.all()]
      .filter(({ uri, report }) => report.remedies.length > 0 && this.reports.belongs(uri))
      .map(({ uri }) => uri);
  }

  private async pickEngine(): Promise<vscode.Uri | undefined> {
    const items: EngineItem[] = this.fixable().map((uri) => ({
      uri,
      label: fileName(uri),
      description: vscode.workspace.asRelativePath(uri),
      detail: this.reports.get(uri)?.headline ?? '',
    }));
    if (items.length === 0) {
      void showInformation('No engine that was checked has a problem.');
      return undefined;
    }
    if (items.length === 1) return items[0]?.uri;
    const picked = await pick(items, {
      title: 'Fix Engine Problem',
      placeHolder: 'Which engine?',
      matchOnDescription: true,
      matchOnDetail: true,
    });
    return picked?.uri;
  }
}

/** In the report's order; the preferred one says so. */
export function remedyItems(report: EngineReport): RemedyItem[] {
  return report.remedies.map((remedy) => ({
    remedy,
    label: remedy.title,
    detail: remedy.detail,
    ...(remedy.preferred ? { description: 'recommended' } : {}),
  }));
}
