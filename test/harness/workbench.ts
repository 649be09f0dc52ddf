/**
 * What a person does in VS Code, as one function each. Every function waits for what it did to show on screen, so that
 * tests need no sleeps.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import type { FrameLocator, Locator, Page } from 'playwright-core';

import { repositoryRoot } from './codeServer';
import type { Theme, VSCode } from './vscode';

/** Pictures of the last run; the names are NAME-THEME.png. */
export const picturesFolder = path.join(repositoryRoot, 'test-results/pictures');

/** How VS Code names a theme in its list, and what it marks its window with. */
const themeMarks: Record<Theme, { label: string; windowClass: string }> = {
  dark: { label: 'Dark Modern', windowClass: 'vs-dark' },
  light: { label: 'Light Modern', windowClass: 'vs' },
  'high-contrast': { label: 'Dark High Contrast', windowClass: 'hc-black' },
  'high-contrast-light': { label: 'Light High Contrast', windowClass: 'hc-light' },
};

export class Workbench {
  readonly page: Page;
  private shownTheme: Theme;

  constructor(vscode: VSCode) {
    this.page = vscode.page;
    this.shownTheme = vscode.theme;
  }

  // ---- colours ----

  get theme(): Theme {
    return this.shownTheme;
  }

  /** Changes the colour theme of the running window. */
  async useTheme(theme: Theme): Promise<void> {
    if (theme === this.shownTheme) return;
    const { label, windowClass } = themeMarks[theme];
    for (let attempt = 1; ; attempt++) {
      try {
        await this.runCommand('Preferences: Color Theme');
        await this.question('Color Theme');
        await this.quickInput().locator('input').first().fill(label, { timeout: 5000 });
        const first = '.quick-input-list .monaco-list-row[data-index="0"]';
        await this.page.locator(first, { hasText: label }).click({ timeout: 5000 });
        break;
      } catch (error) {
        // As in runCommand: an editor that takes the focus closes the list.
        if (attempt === 3) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
    await this.quickInput().waitFor({ state: 'hidden' });
    await this.page.locator(`.monaco-workbench.${windowClass}`).waitFor();
    this.shownTheme = theme;
  }

  // ---- commands and quick picks ----

  /**
   * Runs a command by its full title in the command palette ("Engine Inspector: Show Log"); `pick` takes its row, by a
   * click if nothing else is said.
   */
  async runCommand(
    title: string,
    pick = (row: Locator): Promise<void> => row.click({ timeout: 5000 }),
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const input = this.page.locator('.quick-input-widget input').first();
      try {
        await this.page.keyboard.press('F1');
        await input.fill(`>${title}`, { timeout: 5000 });
        await pick(this.quickPickRow(title).first());
        return;
      } catch (error) {
        // An editor that opens late takes the focus, which closes the palette, and a slow window opens it once more, empty:
        // a person opens it again.
        if (attempt === 3) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** A row of the open quick pick that contains this text. */
  quickPickRow(text: string): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row', { hasText: text });
  }

  /** The texts of the open quick pick's rows, in order. */
  async quickPickTexts(): Promise<string[]> {
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    await rows.first().waitFor();
    return rows.allInnerTexts();
  }

  async pick(text: string): Promise<void> {
    const row = this.quickPickRow(text).first();
    await row.waitFor();
    // VS Code 1.100 closes it again on a click that comes before it has the focus.
    const focused = this.page.locator('.quick-input-widget input:focus').first();
    await focused.waitFor({ timeout: 2000 }).catch(() => undefined);
    await row.click();
  }

  /** The open quick pick or input box. */
  quickInput(): Locator {
    return this.page.locator('.quick-input-widget');
  }

  /** The question of the open quick pick (its placeholder) or input box (its prompt) contains this text. */
  async question(text: string): Promise<void> {
    await this.quickInput()
      .locator(`input[placeholder*="${text}"]`)
      .or(this.quickInput().locator('.quick-input-message', { hasText: text }))
      .first()
      .waitFor();
  }

  // ---- explorer, editors and tabs ----

  explorerRow(name: string): Locator {
    return this.page.locator('.explorer-folders-view .monaco-list-row', {
      has: this.page.locator(`.label-name`, { hasText: exactly(name) }),
    });
  }

  async showExplorer(): Promise<void> {
    await this.page.keyboard.press('Control+Shift+E');
    await this.page.locator('.explorer-folders-view').waitFor();
  }

  /** A row of the explorer; a window that has just started misses files that are made meanwhile until it looks again. */
  async shownRow(name: string): Promise<Locator> {
    await this.showExplorer();
    const row = this.explorerRow(name).first();
    await row.waitFor({ timeout: 8000 }).catch(() => this.runCommand('Refresh Explorer'));
    return row;
  }

  /** Opens a file of the workspace by a double click in the explorer (parent folders must be expanded). */
  async openFile(name: string): Promise<void> {
    const ours = this.page.locator('iframe.webview:visible');
    const text = this.page.locator(
      '.editor-instance .monaco-editor:visible, .monaco-editor-pane-placeholder:visible',
    );
    for (let attempt = 1; ; attempt++) {
      await (await this.shownRow(name)).dblclick();
      try {
        await this.tab(name)
          .first()
          .waitFor({ timeout: attempt === 3 ? 30_000 : 8000 });
      } catch (error) {
        // Files that come just now move the rows, and the two clicks fall on two of them: a person clicks again.
        if (attempt === 3) throw error;
        continue;
      }
      if (!name.endsWith('.engine') || attempt === 3) return;
      await ours.or(text).first().waitFor();
      if ((await ours.count()) > 0) return;
      // A slow window that has just started doesn't know our editor yet: a person closes the file and opens it again.
      await this.runCommand('View: Close Editor');
      await this.tab(name).first().waitFor({ state: 'detached' });
    }
  }

  /** Expands a folder in the explorer. */
  async expandFolder(name: string): Promise<void> {
    const row = await this.shownRow(name);
    if ((await row.getAttribute('aria-expanded')) !== 'true') await row.click();
  }

  /** Opens the context menu of a row and picks an entry, by way of submenus. */
  async contextMenu(row: Locator, ...entries: string[]): Promise<void> {
    await this.pickInMenu(() => Promise.resolve(row), entries);
  }

  /** The same of files of the explorer that are selected together. */
  async contextMenuOfFiles(
    files: readonly [string, ...string[]],
    ...entries: string[]
  ): Promise<void> {
    const [first, ...others] = files;
    // A click opens the file, and an editor that opens late selects its file alone: then they are selected anew.
    await this.pickInMenu(async () => {
      await (await this.shownRow(first)).click();
      await this.tab(first).first().waitFor();
      for (const name of others) {
        await this.explorerRow(name)
          .first()
          .click({ modifiers: ['Control'] });
      }
      return this.explorerRow(others.at(-1) ?? first).first();
    }, entries);
  }

  private async pickInMenu(
    select: () => Promise<Locator>,
    entries: readonly string[],
  ): Promise<void> {
    const menu = this.page.locator('.monaco-menu').first();
    // On a busy machine a selection is known late: what it offers stands in the menu that is opened next.
    for (let attempt = 1; ; attempt++) {
      const row = await select();
      await row.click({ button: 'right' });
      const first = menu.locator('.action-item', { hasText: entries[0] ?? '' });
      try {
        await first.first().waitFor({ timeout: 8000 });
        break;
      } catch (error) {
        if (attempt === 3) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
    for (const [index, entry] of entries.entries()) {
      const item = this.page.locator('.monaco-menu .action-item', { hasText: entry }).last();
      await item.waitFor();
      if (index < entries.length - 1) {
        await item.click();
        continue;
      }
      // A menu that has just opened takes no click: a person clicks again.
      for (let attempt = 1; ; attempt++) {
        await item.hover();
        await item.click();
        try {
          await menu.waitFor({ state: 'detached', timeout: 1000 });
          return;
        } catch (error) {
          if (attempt === 5) throw error;
        }
      }
    }
  }

  tab(name: string): Locator {
    return this.page.locator('.tabs-container .tab', { hasText: name });
  }

  /** A line of the active text editor that contains this text. */
  textLine(text: string): Locator {
    return this.page.locator('.monaco-editor .view-line', { hasText: text });
  }

  /** A CodeLens of the active text editor, by its whole text. */
  codeLens(title: string): Locator {
    return this.page.locator('.codelens-decoration a', { hasText: exactly(title) });
  }

  /** Wavy lines of the active text editor. */
  squiggles(severity: 'error' | 'warning' | 'info'): Locator {
    return this.page.locator(`.monaco-editor .squiggly-${severity}`);
  }

  /** An entry of the menu that Ctrl+. opens in a text editor. */
  codeAction(title: string): Locator {
    return this.page.locator('.action-widget .monaco-list-row', { hasText: exactly(title) });
  }

  /** A button of the editor's title bar, by its tooltip. */
  editorAction(title: string): Locator {
    return this.page.locator(`.editor-actions .action-label[aria-label^="${title}"]`);
  }

  // ---- our page ----

  /** The document inside the active webview, which is two iframes deep. Its first use takes some seconds. */
  webview(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  }

  // ---- Problems ----

  async showProblems(): Promise<void> {
    const panel = this.problemsPanel();
    if (!(await panel.isVisible())) await this.page.keyboard.press('Control+Shift+M');
    await panel.waitFor();
  }

  problemsPanel(): Locator {
    return this.page.locator('.markers-panel');
  }

  /** Narrows Problems to rows with this text: rows that are scrolled out of sight do not exist. */
  async filterProblems(text: string): Promise<void> {
    await this.showProblems();
    await this.page.locator('.viewpane-filter input, .viewpane-filter textarea').first().fill(text);
  }

  /** A row of Problems (a file or a problem) that contains this text and is in sight. */
  problem(text: string): Locator {
    return this.problemsPanel().locator('.monaco-list-row', { hasText: text });
  }

  /** The link behind a problem's message: the diagnostic's code. */
  problemLink(text: string): Locator {
    return this.problem(text).locator('a.code-link, a.monaco-link').first();
  }

  // ---- views ----

  /** Shows a view container by the name of its icon in the activity bar. */
  async showViewContainer(name: string): Promise<void> {
    const icon = this.page.locator(`.activitybar .action-label[aria-label^="${name}"]`).first();
    await icon.waitFor();
    const item = icon.locator('xpath=ancestor::*[contains(@class, "action-item")][1]');
    const classes = (await item.getAttribute('class')) ?? '';
    // Forced: a badge lies over the icon and takes the click in its stead.
    if (!classes.split(' ').includes('checked')) await icon.click({ force: true });
  }

  /** A row of a tree view in the side bar. */
  treeRow(text: string): Locator {
    return this.page.locator('.sidebar .pane .monaco-list-row', { hasText: text });
  }

  /** An inline action of a tree row, by its tooltip; the row shows it while the pointer is over it. */
  async treeAction(row: Locator, title: string): Promise<void> {
    await row.hover();
    await row.locator(`.action-label[aria-label^="${title}"]`).first().click();
  }

  // ---- what VS Code says ----

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast', { hasText: text });
  }

  /** Answers the dialog that asks this question, by the button of this name. */
  async answer(question: string, button: string): Promise<void> {
    const dialog = this.page.locator('.monaco-dialog-box', { hasText: question });
    await dialog.getByRole('button', { name: button, exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  statusBarItem(text: string): Locator {
    return this.page.locator('.statusbar-item', { hasText: text });
  }

  async clipboard(): Promise<string> {
    return this.page.evaluate('navigator.clipboard.readText()');
  }

  // ---- pictures ----

  /** Takes test-results/pictures/NAME-THEME.png and returns its path. */
  async picture(name: string, folder = picturesFolder): Promise<string> {
    fs.mkdirSync(folder, { recursive: true });
    const file = path.join(folder, `${name}-${this.shownTheme}.png`);
    await this.page.mouse.move(0, 0); // no hover in the picture
    // What fades in is there before it can be seen.
    await this.page.evaluate(
      'Promise.all(document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity).map((a) => a.finished.catch(() => undefined)))',
    );
    await this.page.screenshot({ path: file });
    return file;
  }
}

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}
