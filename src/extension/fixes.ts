/**
 * "Fix Engine Problem…": a quick pick of a report's remedies, best first, each with what it will do. The same command
 * serves the links in Problems, the button in the Problems title bar, Ctrl+. in page and header text, the trees' inline
 * action, Explorer and editor title. Called for no engine in particular it first asks which; for several, what helps
 * several of them. "Fix All with This Reason…" is the latter for a group of the view.
 */
import * as vscode from 'vscode';
import { canBeFixed, isAdvice, offeredAs } from '../core/report/advice';
import type { EngineReport, Remedy } from '../core/report/engineReport';
import { groupOf, reportGroups, type ReportGroup } from '../core/report/reportGroups';
import type { EnginePicker } from './enginePicker';
import { type EnginesTree, reasonOfGroup } from './enginesTree';
import { commandTargets, fileName } from './engineTarget';
import type { Errors } from './errors';
import { isForMany, type Remedies, type RemedyContext } from './remedies';
import type { Reports } from './reports';
import { pick, showInformation } from './show';
import { isTrusted } from './trust';

interface RemedyItem extends vscode.QuickPickItem {
  remedy: Remedy;
}
interface OtherItem extends vscode.QuickPickItem {
  other?: true;
}
interface ManyItem extends vscode.QuickPickItem {
  contexts: RemedyContext[];
}
interface ReasonItem extends vscode.QuickPickItem {
  reason: ReportGroup;
}

export class Fixes {
  constructor(
    private readonly reports: Reports,
    private readonly remedies: Remedies,
    private readonly picker: EnginePicker,
    private readonly tree: EnginesTree,
    private readonly errors: Errors,
  ) {}

  /** The command. */
  async fix(argument?: unknown, selection?: unknown): Promise<void> {
    await this.errors.guard('Fixing the engine problem', async () => {
      const targets = commandTargets(argument, selection);
      if (targets.length > 1) return this.fixMany(targets, `Fix ${targets.length} Engines`);
      const [named] = targets;
      // From a key or a title bar the engine in front is only a guess.
      const guessed = argument === undefined;
      const target = named ?? (await this.pickEngine());
      if (target) await this.fixEngine(target, guessed);
    });
  }

  /** The command Fix All with This Reason…: of a group in the view, of an engine in it, or asked for. */
  async fixAll(argument?: unknown): Promise<void> {
    await this.errors.guard('Fixing engines', async () => {
      const [named] = argument === undefined ? [] : commandTargets(argument);
      const report = named && (await this.reports.ensure(named));
      const reason =
        reasonOfGroup(argument) ?? (report ? groupOf(report) : await this.pickReason());
      if (reason === undefined) return;
      const uris = [...this.reports.all()]
        .filter((one) => this.reports.belongs(one.uri) && groupOf(one.report) === reason)
        .map(({ uri }) => uri);
      await this.fixMany(uris, reportGroups[reason].title);
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
      void showInformation(`${name} no longer exists, so there is nothing to fix.`);
      return;
    }
    const others = offerOthers
      ? this.fixable().filter((one) => one.toString() !== uri.toString())
      : [];
    if (!canBeFixed(report)) {
      if (others.length > 0) return this.fixAnother();
      const advice = report.remedies.map(({ detail }) => detail);
      void showInformation([`${name}: ${report.headline}`, ...advice].join(' '));
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

  /** What helps at least one of them, what helps most first. */
  private async fixMany(uris: readonly vscode.Uri[], title: string): Promise<void> {
    const byRemedy = new Map<string, RemedyContext[]>();
    for (const uri of uris) {
      const report = await this.reports.ensure(uri);
      for (const remedy of report?.remedies ?? []) {
        if (!report || !isForMany(remedy)) continue;
        const key = `${remedy.id} ${remedy.title}`;
        byRemedy.set(key, [...(byRemedy.get(key) ?? []), { uri, report, remedy }]);
      }
    }
    const items = [...byRemedy.values()]
      .sort((a, b) => b.length - a.length)
      .flatMap((contexts): ManyItem[] => {
        const remedy = contexts[0]?.remedy;
        if (!remedy) return [];
        const { title: label, detail } = offeredAs(remedy, isTrusted());
        const { length } = contexts;
        const description = `${length} of ${uris.length} ${uris.length === 1 ? 'engine' : 'engines'}`;
        return [{ contexts, label, description, detail }];
      });
    if (items.length === 0) {
      const many = uris.length === 1 ? 'this engine' : `these ${uris.length} engines at once`;
      void showInformation(`Nothing fixes ${many}. Open one to see what is known about it.`);
      return;
    }
    const picked = await pick(items, {
      title,
      placeHolder: `What should be done for ${uris.length === 1 ? 'this engine' : `these ${uris.length} engines`}?`,
      matchOnDetail: true,
    });
    if (picked) await this.remedies.runMany(picked.contexts);
  }

  private async pickReason(): Promise<ReportGroup | undefined> {
    const fixable = new Set(
      [...this.reports.all()]
        .filter(({ uri, report }) => this.reports.belongs(uri) && report.remedies.some(isForMany))
        .map(({ report }) => groupOf(report)),
    );
    const items = this.tree
      .reasons()
      .filter(({ reason }) => fixable.has(reason))
      .map(({ reason, label, count }): ReasonItem => ({
        reason,
        label,
        description: count === 1 ? '1 engine' : `${count} engines`,
      }));
    if (items.length === 0) {
      void showInformation('No engine that was checked has a problem.');
      return undefined;
    }
    const picked = await pick(items, {
      title: 'Fix All with One Reason',
      placeHolder: 'Which engines?',
    });
    return picked?.reason;
  }

  private fixable(): vscode.Uri[] {
    return [...this.reports.all()]
      .filter(({ uri, report }) => canBeFixed(report) && this.reports.belongs(uri))
      .map(({ uri }) => uri);
  }

  private async pickEngine(): Promise<vscode.Uri | undefined> {
    const uris = this.fixable();
    if (uris.length === 0) {
      void showInformation('No engine that was checked has a problem.');
      return undefined;
    }
    if (uris.length === 1) return uris[0];
    return this.picker.askAmong(uris, {
      title: 'Fix Engine Problem',
      placeHolder: 'Which engine?',
    });
  }
}

/** In the report's order; the preferred one says so. */
export function remedyItems(report: EngineReport): RemedyItem[] {
  return report.remedies
    .filter((remedy) => !isAdvice(remedy))
    .map((remedy) => {
      const { title, detail } = offeredAs(remedy, isTrusted());
      return {
        remedy,
        label: title,
        detail,
        ...(remedy.preferred ? { description: 'recommended' } : {}),
      };
    });
}
