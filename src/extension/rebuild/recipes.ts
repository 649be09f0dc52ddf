/**
 * Recipes (NAME.engine.json) as text: squiggles where the recipe and what is on disk disagree, CodeLens "Rebuild", and
 * real code actions with a lightbulb. The schema (completion, shape) is contributed in package.json. With the first recipe
 * that is opened comes what shows all that (recipeTexts.ts).
 */
import * as vscode from 'vscode';
import type { Errors } from '../errors';
import type { Reports } from '../reports';
import type { Runtimes } from '../runtimes';
import { isRecipe } from './recipeNames';
import type { RecipeTexts } from './recipeTexts';

const selector: vscode.DocumentSelector = { scheme: 'file', pattern: '**/*.engine.json' };

export class Recipes implements vscode.Disposable {
  private texts: Promise<RecipeTexts> | undefined;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly runtimes: Runtimes,
    private readonly errors: Errors,
    private readonly reports: Reports,
  ) {
    this.subscriptions = [
      vscode.workspace.onDidOpenTextDocument((document) => this.see(document)),
      vscode.languages.registerCodeLensProvider(selector, {
        provideCodeLenses: async (document) => (await this.get()).provideCodeLenses(document),
      }),
      vscode.languages.registerCodeActionsProvider(
        selector,
        {
          provideCodeActions: async (document, range, context) =>
            (await this.get()).provideCodeActions(document, range, context),
        },
        { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
      ),
    ];
    for (const document of vscode.workspace.textDocuments) this.see(document);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    void this.texts?.then((texts) => texts.dispose());
  }

  private see({ uri }: vscode.TextDocument): void {
    if (isRecipe(uri)) void this.errors.guard('Looking at the recipe', () => this.get());
  }

  private get(): Promise<RecipeTexts> {
    this.texts ??= import('./recipeTexts').then(
      ({ RecipeTexts }) => new RecipeTexts(this.runtimes, this.errors, this.reports),
    );
    return this.texts;
  }
}
