/** What is shown in the text of a recipe (recipes.ts); what is said there is core/rebuild/recipeDiagnostics.ts. */
import * as fs from 'node:fs/promises';
import * as vscode from 'vscode';
import type { OnnxFacts } from '../../core/rebuild/onnxFacts';
import type { Recipe, RecipeSurroundings } from '../../core/rebuild/recipe';
import type { RecipeDiagnostic } from '../../core/rebuild/recipeDiagnostics';
import type { Errors } from '../errors';
import { commands } from '../ids';
import type { Reports } from '../reports';
import type { Runtimes } from '../runtimes';
import { engineOf, isRecipe } from './recipeNames';

const quietMs = 300;

class RecipeIssue extends vscode.Diagnostic {
  constructor(
    range: vscode.Range,
    readonly from: RecipeDiagnostic,
  ) {
    super(range, from.sentence, severities[from.severity]);
    this.source = 'TensorRT-RTX';
    this.code = from.id;
  }
}

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
} as const;

export class RecipeTexts
  implements vscode.Disposable, vscode.CodeLensProvider, vscode.CodeActionProvider
{
  private readonly subscriptions: vscode.Disposable[];
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly hashes = new Map<string, Promise<string>>();
  private collection: vscode.DiagnosticCollection | undefined;

  constructor(
    private readonly runtimes: Runtimes,
    private readonly errors: Errors,
    reports: Reports,
  ) {
    const onOpen = (document: vscode.TextDocument) => this.soon(document);
    // A model that is trained anew while its recipe is open.
    const models = vscode.workspace.createFileSystemWatcher('**/*.[oO][nN][nN][xX]');
    const onModel = () => this.all();
    this.subscriptions = [
      models,
      models.onDidChange(onModel),
      models.onDidCreate(onModel),
      models.onDidDelete(onModel),
      vscode.workspace.onDidOpenTextDocument(onOpen),
      vscode.workspace.onDidChangeTextDocument(({ document }) => onOpen(document)),
      vscode.workspace.onDidSaveTextDocument(onOpen),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.collection?.delete(uri)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.all()),
      runtimes.onDidChange(() => this.all()),
      // The engine beside it was replaced or damaged.
      reports.onDidChange(() => this.all()),
    ];
    this.all();
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.collection?.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const range = new vscode.Range(0, 0, 0, 0);
    return [
      new vscode.CodeLens(range, {
        title: 'Rebuild',
        tooltip: 'Build the engine from this recipe; the old one is kept',
        command: commands.rebuildFromRecipe,
        arguments: [document.uri],
      }),
      new vscode.CodeLens(range, {
        title: 'Copy as Command…',
        command: commands.copyBuildCommand,
        arguments: [document.uri],
      }),
      new vscode.CodeLens(range, {
        title: 'Open Engine',
        command: commands.openEngine,
        arguments: [engineOf(document.uri)],
      }),
    ];
  }

  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const ours = context.diagnostics.filter(({ source }) => source === 'TensorRT-RTX');
    const curable = ours.filter((one) => !(one instanceof RecipeIssue) || one.from.curedByRebuild);
    if (curable.length === 0) return [];
    const action = (title: string, command: string, argument: vscode.Uri): vscode.CodeAction => {
      const made = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
      made.command = { title, command, arguments: [argument] };
      made.diagnostics = curable;
      return made;
    };
    const best = action('Rebuild from this recipe', commands.rebuildFromRecipe, document.uri);
    best.isPreferred = true;
    return [best, action('Rebuild otherwise…', commands.rebuild, engineOf(document.uri))];
  }

  private all(): void {
    for (const document of vscode.workspace.textDocuments) this.soon(document);
  }

  private soon(document: vscode.TextDocument): void {
    if (!isRecipe(document.uri)) return;
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        this.look(document).catch((error: unknown) =>
          this.errors.report(error, {
            doing: 'Looking at the recipe',
            asked: false,
          }),
        );
      }, quietMs),
    );
  }

  private async look(document: vscode.TextDocument): Promise<void> {
    const { version } = document;
    const text = document.getText();
    const [{ recipeDiagnostics }, { parseRecipe }] = await Promise.all([
      import('../../core/rebuild/recipeDiagnostics'),
      import('../../core/rebuild/recipe'),
    ]);
    const parsed = parseRecipe(text);
    const around = parsed.ok ? await this.surroundings(document.uri, parsed.recipe) : {};
    // Typed on meanwhile, or closed: the next look answers.
    if (document.isClosed || document.version !== version) return;
    this.collection ??= vscode.languages.createDiagnosticCollection('engineInspector.recipes');
    this.collection.set(
      document.uri,
      recipeDiagnostics(text, around).map((found) => {
        const start = document.positionAt(found.range.offset);
        const end = document.positionAt(found.range.offset + found.range.length);
        return new RecipeIssue(new vscode.Range(start, end), found);
      }),
    );
  }

  private async surroundings(
    uri: vscode.Uri,
    recipe: Recipe,
  ): Promise<RecipeSurroundings & { facts?: OnnxFacts | null }> {
    // A recipe names files: in Restricted Mode none of them is opened.
    if (!vscode.workspace.isTrusted) return {};
    const [{ lookAround }, { foreignModel, modelPathOf }, { readOnnxFile }] = await Promise.all([
      import('../../host/build/recipeSurroundings'),
      import('../../host/build/recipeFile'),
      import('../../host/build/onnxFile'),
    ]);
    const [around, chosen, facts] = await Promise.all([
      lookAround(recipe, uri.fsPath, { hash: (file) => this.hash(file) }),
      this.runtimes.choose(null),
      foreignModel(recipe, uri.fsPath) !== null
        ? null
        : readOnnxFile(modelPathOf(recipe, uri.fsPath)).then(
            (file): OnnxFacts | null => file.facts,
            () => null,
          ),
    ]);
    return { ...around, facts, runtimeVersion: chosen.runtime?.version ?? null };
  }

  /** A file that did not change is hashed once. */
  private async hash(file: string): Promise<string> {
    const [{ hashFile }, { size, mtimeMs }] = await Promise.all([
      import('../../host/check/hashFile'),
      fs.stat(file),
    ]);
    const key = `${file} ${size} ${mtimeMs}`;
    let known = this.hashes.get(key);
    if (!known) {
      known = hashFile(file);
      known.catch(() => this.hashes.delete(key));
      this.hashes.set(key, known);
    }
    return known;
  }
}
