/**
 * The engine pages that are open, by engine: who has something to show says it here once, and every page of that engine
 * gets it. A tab that is asked for before its page has loaded is shown when it has.
 */
import * as vscode from 'vscode';
import type { PageTab, ToPage } from '../../core/pages/pageMessages';
import { viewTypeOf } from '../ids';

export interface EnginePage {
  readonly uri: vscode.Uri;
  readonly visible: boolean;
  /** Dropped when the page has not loaded; it asks for everything when it has. */
  post(message: ToPage): void;
  isReady(): boolean;
}

export class EnginePages implements vscode.Disposable {
  private readonly pages = new Map<string, Set<EnginePage>>();
  private readonly wantedTabs = new Map<string, PageTab>();
  private readonly closed = new vscode.EventEmitter<vscode.Uri>();
  private readonly said = new vscode.EventEmitter<{ uri: vscode.Uri; message: ToPage }>();

  /** The last editor of the file is closed. */
  readonly onDidClose = this.closed.event;
  /** What was said to pages, whether one heard it or not: for tests. */
  readonly onDidSay = this.said.event;

  dispose(): void {
    this.closed.dispose();
    this.said.dispose();
  }

  add(page: EnginePage): vscode.Disposable {
    const key = page.uri.toString();
    const pages = this.pages.get(key) ?? new Set();
    this.pages.set(key, pages.add(page));
    return new vscode.Disposable(() => pages.delete(page));
  }

  /** The page has loaded, for the first time or again. */
  ready(page: EnginePage): void {
    const key = page.uri.toString();
    const tab = this.wantedTabs.get(key);
    if (tab === undefined) return;
    this.wantedTabs.delete(key);
    page.post({ type: 'showTab', tab });
  }

  say(uri: vscode.Uri, message: ToPage): void {
    for (const page of this.pages.get(uri.toString()) ?? []) page.post(message);
    this.said.fire({ uri, message });
  }

  isOpen(uri: vscode.Uri): boolean {
    return (this.pages.get(uri.toString())?.size ?? 0) > 0;
  }

  /** Whether somebody can see a page of it now. */
  isSeen(uri: vscode.Uri): boolean {
    return [...(this.pages.get(uri.toString()) ?? [])].some(({ visible }) => visible);
  }

  /** Opens the engine's page, or brings it to the front, at that tab. */
  async show(uri: vscode.Uri, tab: PageTab): Promise<void> {
    const key = uri.toString();
    this.wantedTabs.set(key, tab);
    await vscode.commands.executeCommand('vscode.openWith', uri, viewTypeOf(uri));
    for (const page of this.pages.get(key) ?? []) {
      if (page.visible && page.isReady()) this.ready(page);
    }
  }

  close(uri: vscode.Uri): void {
    const key = uri.toString();
    this.pages.delete(key);
    this.wantedTabs.delete(key);
    this.closed.fire(uri);
  }
}
