/**
 * Offers `engine-inspector mcp` to VS Code's assistants, with the workspace's folders and the TensorRT-RTX that the window
 * uses. VS Code has this since 1.101 and this extension runs in 1.100, so it looks whether it is there.
 */
import * as vscode from 'vscode';
import { installedVariable } from '../host/runtimes/installedVariable';
import type { Errors } from './errors';
import { mcpServers } from './ids';
import type { Runtimes } from './runtimes';
import { isTrusted } from './trust';

/** Of vscode.McpStdioServerDefinition, what is used. */
interface ServerDefinition {
  args: string[];
  cwd?: vscode.Uri;
}

/** What @types/vscode of 1.100 lacks. */
interface McpApi {
  lm: {
    registerMcpServerDefinitionProvider(
      id: string,
      provider: {
        onDidChangeMcpServerDefinitions: vscode.Event<void>;
        provideMcpServerDefinitions(): ServerDefinition[];
        resolveMcpServerDefinition(server: ServerDefinition): Promise<ServerDefinition>;
      },
    ): vscode.Disposable;
  };
  McpStdioServerDefinition: new (
    label: string,
    command: string,
    args: string[],
    env: Record<string, string>,
    version: string,
  ) => ServerDefinition;
}

function mcpApi(): McpApi | null {
  const api = vscode as unknown as { [Name in keyof McpApi]?: Partial<McpApi[Name]> };
  const isThere =
    typeof api.lm?.registerMcpServerDefinitionProvider === 'function' &&
    typeof api.McpStdioServerDefinition === 'function';
  return isThere ? (vscode as unknown as McpApi) : null;
}

interface AssistantParts {
  /** dist/cli.js */
  cli: string;
  version: string;
  runtimes: Runtimes;
  errors: Errors;
}

/** Starts nothing: VS Code asks when an assistant wants tools. */
export class Assistants implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly parts: vscode.Disposable[] = [this.changed];

  private readonly api: McpApi | null;

  constructor(private readonly given: AssistantParts) {
    const api = mcpApi();
    this.api = api && this.isOffered(api) ? api : null;
    if (!this.api) return;
    const again = () => this.changed.fire();
    this.parts.push(
      vscode.workspace.onDidChangeWorkspaceFolders(again),
      vscode.workspace.onDidGrantWorkspaceTrust(again),
    );
  }

  private isOffered(api: McpApi): boolean {
    try {
      this.parts.push(
        api.lm.registerMcpServerDefinitionProvider(mcpServers, {
          onDidChangeMcpServerDefinitions: this.changed.event,
          provideMcpServerDefinitions: () => this.servers(api),
          resolveMcpServerDefinition: (server) => this.withRuntime(server),
        }),
      );
      return true;
    } catch {
      // 1.100 has an unfinished one, which wants another contribution in package.json.
      return false;
    }
  }

  /** The servers that VS Code gets now; null: it knows none. For tests. */
  offered(): ServerDefinition[] | null {
    return this.api && this.servers(this.api);
  }

  dispose(): void {
    for (const part of this.parts) part.dispose();
  }

  private servers(api: McpApi): ServerDefinition[] {
    const folders = (vscode.workspace.workspaceFolders ?? []).filter(
      ({ uri }) => uri.scheme === 'file',
    );
    const [first] = folders;
    // It builds, and asks libraries that the workspace may hold.
    if (!first || !isTrusted()) return [];
    const { cli, version } = this.given;
    const server = new api.McpStdioServerDefinition(
      'Engine Inspector',
      process.execPath,
      [cli, 'mcp', ...folders.flatMap(({ uri }) => ['--folder', uri.fsPath])],
      // In desktop VS Code execPath is Electron, which is Node with this.
      { ELECTRON_RUN_AS_NODE: '1', [installedVariable]: this.given.runtimes.installFolder },
      version,
    );
    server.cwd = first.uri;
    return [server];
  }

  /** Looked for only when the server is started. Without one the server says so to who asks it. */
  private async withRuntime(server: ServerDefinition): Promise<ServerDefinition> {
    try {
      const { runtime } = await this.given.runtimes.choose(null);
      if (runtime) server.args = [...server.args, '--runtime', runtime.path];
    } catch (error) {
      this.given.errors.report(error, { doing: 'Choosing TensorRT-RTX', asked: false });
    }
    return server;
  }
}
