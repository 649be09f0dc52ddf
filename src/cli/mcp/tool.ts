/** What every tool has: the folders it may use, answers as text and as data, and failures that say what to do next. */
import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  isInputRequiredResult,
  type CallToolResult,
  type ClientCapabilities,
  type InputRequiredResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { asFailure } from '../../core/wire/failure';
import { shown } from '../output';
import { Folders, pathOfUrl } from './folders';
import type { ToolServices } from './server';

type Answer = CallToolResult | InputRequiredResult;

export interface ToolAnswer {
  /** What the model reads. */
  text: string;
  /** The same for programs. */
  data: Record<string, unknown>;
}

/** Does a tool's work with the files of the folders. */
export function answer(
  doing: string,
  services: ToolServices,
  context: ServerContext,
  work: (folders: Folders) => Promise<ToolAnswer | InputRequiredResult>,
): Promise<Answer> {
  return answerWithoutFiles(doing, async () => {
    const folders = services.folders ?? (await rootsOf(services, context));
    return folders instanceof Folders ? work(folders) : folders;
  });
}

/** What goes wrong is an answer as well: the cause, and what to do about it. */
export async function answerWithoutFiles(
  doing: string,
  work: () => Promise<ToolAnswer | InputRequiredResult>,
): Promise<Answer> {
  try {
    const done = await work();
    if (isInputRequiredResult(done)) return done;
    return { content: [{ type: 'text', text: done.text }], structuredContent: done.data };
  } catch (thrown) {
    const { message, nextStep, code } = asFailure(thrown, doing);
    return {
      isError: true,
      content: [{ type: 'text', text: [shown(message), shown(nextStep)].join('\n').trim() }],
      structuredContent: { error: { code, message: shown(message), nextStep: shown(nextStep) } },
    };
  }
}

/** Roots may change while a window is open: they are asked for again after this. Milliseconds. */
const rootsFreshMs = 30_000;

async function rootsOf(
  services: ToolServices,
  context: ServerContext,
): Promise<Folders | InputRequiredResult> {
  const { roots } = services;
  if (roots && performance.now() - roots.at < rootsFreshMs) return roots.folders;
  const answered = inputResponse(context.mcpReq.inputResponses, 'roots');
  if (answered.kind === 'missing' && capabilitiesOf(services, context)?.roots !== undefined) {
    return inputRequired({ inputRequests: { roots: inputRequired.listRoots() } });
  }
  const named = answered.kind === 'roots' ? answered.roots : [];
  const folders = await Folders.of(
    named.flatMap(({ uri }) => (uri.startsWith('file://') ? [pathOfUrl(uri)] : [])),
  );
  services.roots = { folders, at: performance.now() };
  return folders;
}

/** What the assistant's program can do: told with each request since the protocol of 2026, once before that. */
export function capabilitiesOf(
  { server }: ToolServices,
  context: ServerContext,
): ClientCapabilities | undefined {
  const envelope = context.mcpReq.envelope as Record<string, unknown> | undefined;
  return (
    (envelope?.[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined) ??
    server.server.getClientCapabilities()
  );
}
