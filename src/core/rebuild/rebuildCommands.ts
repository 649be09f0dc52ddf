/**
 * "Copy as": the same build as a command line or a few lines of code, for who wants to do it elsewhere. Every name is
 * the real one of TensorRT-RTX (NvInfer.h, the Python bindings tensorrt_rtx, the tensorrt_rtx tool); what a form cannot
 * say is told in notes. Names of files and inputs are quoted for the shell or language that will read them.
 */
import {
  computeCapabilityNumber,
  type EngineOptions,
  type Profile,
  type ProfilingVerbosity,
  weightStreamingFlag,
} from './rebuildOptions';
import { shapeRangeText } from './rebuildProfiles';

export const commandForms = ['engine-inspector', 'tensorrt_rtx', 'python', 'cpp'] as const;
export type CommandForm = (typeof commandForms)[number];
export const commandFormTitles: Readonly<Record<CommandForm, string>> = {
  'engine-inspector': 'Engine Inspector command line',
  tensorrt_rtx: "NVIDIA's tensorrt_rtx tool",
  python: 'Python',
  cpp: 'C++',
};

/** sh also stands for bash and zsh. */
export type Shell = 'sh' | 'powershell';

export interface CommandInput {
  /** Path of the .onnx file. */
  model: string;
  /** Path of the engine to be written. */
  engine: string;
  options: EngineOptions;
  shell: Shell;
}

export interface CopiedCommand {
  text: string;
  /** What this form does not do, in sentences. */
  notes: string[];
}

export function rebuildCommand(form: CommandForm, input: CommandInput): CopiedCommand {
  switch (form) {
    case 'engine-inspector':
      return ownCommand(input);
    case 'tensorrt_rtx':
      return toolCommand(input);
    case 'python':
      return pythonSnippet(input);
    case 'cpp':
      return cppSnippet(input);
  }
}

/** One argument as the shell passes it on unchanged. */
export function shellQuote(argument: string, shell: Shell): string {
  // A word that no shell looks into. Backslashes are safe in PowerShell only; a leading @ or - is left to the caller.
  const plain = shell === 'sh' ? /^[\w./:=,+%-]+$/ : /^[\w.\\/:=+-]+$/;
  if (plain.test(argument)) return argument;
  return shell === 'sh'
    ? `'${argument.replaceAll("'", `'\\''`)}'`
    : // PowerShell reads typographic quotes as quotes too.
      `'${argument.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}

function ownCommand({ model, engine, options, shell }: CommandInput): CopiedCommand {
  const words = ['engine-inspector', 'build', asOperand(model), '-o', asOperand(engine)];
  for (const flag of options.flags) {
    if (flag === weightStreamingFlag) words.push('--weight-streaming');
    else words.push('--flag', flag);
  }
  for (const flag of options.clearedFlags) words.push('--clear-flag', flag);
  for (const cc of options.computeCapabilities) words.push('--compute-capability', cc);
  for (const profile of options.profiles) {
    for (const range of profile) words.push('--profile', shapeRangeText(range));
  }
  if (options.profilingVerbosity !== 'layer-names-only') {
    words.push('--verbosity', options.profilingVerbosity);
  }
  for (const [pool, bytes] of Object.entries(options.memoryPoolLimits)) {
    words.push('--memory-pool', `${pool}=${bytes}`);
  }
  return { text: words.map((word) => shellQuote(word, shell)).join(' '), notes: [] };
}

/** A file name that begins with a dash must not be read as a switch. */
function asOperand(path: string): string {
  return path.startsWith('-') ? `./${path}` : path;
}

function toolCommand({ model, engine, options, shell }: CommandInput): CopiedCommand {
  const notes: string[] = [];
  const words = ['tensorrt_rtx', `--onnx=${model}`, `--saveEngine=${engine}`, '--skipInference'];
  for (const flag of options.flags) {
    if (flag === weightStreamingFlag) words.push('--allowWeightStreaming');
    else if (flag === 'kSTRIP_PLAN') words.push('--stripWeights');
    else if (flag !== 'kTF32') notes.push(`tensorrt_rtx has no documented switch for ${flag}.`);
  }
  for (const flag of options.clearedFlags) {
    notes.push(`tensorrt_rtx has no documented switch to switch ${flag} off.`);
  }
  if (options.computeCapabilities.includes('current')) words.push('--useGpu');
  else if (options.computeCapabilities.length > 0) {
    const numbers = options.computeCapabilities.map((cc) => computeCapabilityNumber(cc) ?? cc);
    words.push(`--computeCapabilities=${numbers.join(',')}`);
  }
  const [first, ...more] = options.profiles;
  if (first !== undefined) {
    for (const which of ['min', 'opt', 'max'] as const) {
      const shapes = first.map((range) => `${toolName(range.input)}:${range[which].join('x')}`);
      words.push(`--${which}Shapes=${shapes.join(',')}`);
    }
  }
  if (more.length > 0) {
    notes.push(`Only the first of ${options.profiles.length} optimization profiles is in it.`);
  }
  switch (options.profilingVerbosity) {
    case 'detailed':
    case 'none':
      words.push(`--profilingVerbosity=${options.profilingVerbosity}`);
      break;
    case 'layer-names-only':
      break;
  }
  for (const pool of Object.keys(options.memoryPoolLimits)) {
    notes.push(`tensorrt_rtx has no documented switch for the memory pool ${pool}.`);
  }
  return { text: words.map((word) => shellQuote(word, shell)).join(' '), notes };
}

/** The tool reads names up to a colon or comma, unless they stand in single quotes. */
function toolName(input: string): string {
  return /[:,]/.test(input) ? `'${input}'` : input;
}

const pythonVerbosity: Readonly<Record<ProfilingVerbosity, string>> = {
  'layer-names-only': 'LAYER_NAMES_ONLY',
  none: 'NONE',
  detailed: 'DETAILED',
};

function pythonSnippet({ model, engine, options }: CommandInput): CopiedCommand {
  const lines = [
    'import tensorrt_rtx as trt',
    '',
    'logger = trt.Logger(trt.Logger.WARNING)',
    'builder = trt.Builder(logger)',
    'network = builder.create_network(0)',
    'parser = trt.OnnxParser(network, logger)',
    `if not parser.parse_from_file(${pythonText(model)}):`,
    '    raise SystemExit("\\n".join(parser.get_error(i).desc() for i in range(parser.num_errors)))',
    'config = builder.create_builder_config()',
  ];
  for (const flag of options.flags) {
    lines.push(`config.set_flag(trt.BuilderFlag.${enumerator(flag)})`);
  }
  for (const flag of options.clearedFlags) {
    lines.push(`config.clear_flag(trt.BuilderFlag.${enumerator(flag)})`);
  }
  const targets = options.computeCapabilities;
  if (targets.length > 0) lines.push(`config.num_compute_capabilities = ${targets.length}`);
  targets.forEach((cc, i) => {
    lines.push(`config.set_compute_capability(trt.ComputeCapability.${targetName(cc)}, ${i})`);
  });
  if (options.profilingVerbosity !== 'layer-names-only') {
    const verbosity = pythonVerbosity[options.profilingVerbosity];
    lines.push(`config.profiling_verbosity = trt.ProfilingVerbosity.${verbosity}`);
  }
  for (const [pool, bytes] of Object.entries(options.memoryPoolLimits)) {
    lines.push(`config.set_memory_pool_limit(trt.MemoryPoolType.${enumerator(pool)}, ${bytes})`);
  }
  for (const profile of options.profiles) {
    lines.push('profile = builder.create_optimization_profile()');
    for (const { input, min, opt, max } of profile) {
      const shapes = [min, opt, max].map(pythonTuple).join(', ');
      lines.push(`profile.set_shape(${pythonText(input)}, ${shapes})`);
    }
    lines.push('config.add_optimization_profile(profile)');
  }
  lines.push(
    'plan = builder.build_serialized_network(network, config)',
    'if plan is None:',
    '    raise SystemExit("the build failed: see the lines above")',
    `with open(${pythonText(engine)}, "wb") as file:`,
    '    file.write(plan)',
    '',
  );
  return { text: lines.join('\n'), notes: [] };
}

function cppSnippet({ model, engine, options }: CommandInput): CopiedCommand {
  const lines = [
    '#include <NvInfer.h>',
    '#include <NvOnnxParser.h>',
    '',
    '#include <cstdint>',
    '#include <fstream>',
    '#include <iostream>',
    '#include <memory>',
    '',
    'class Logger : public nvinfer1::ILogger {',
    '    void log(Severity severity, const char* message) noexcept override {',
    "        if (severity <= Severity::kWARNING) std::cerr << message << '\\n';",
    '    }',
    '};',
    '',
    'int main() {',
    '    Logger logger;',
    '    std::unique_ptr<nvinfer1::IBuilder> builder{nvinfer1::createInferBuilder(logger)};',
    '    if (!builder) return 1;',
    '    std::unique_ptr<nvinfer1::INetworkDefinition> network{builder->createNetworkV2(0)};',
    '    std::unique_ptr<nvonnxparser::IParser> parser{nvonnxparser::createParser(*network, logger)};',
    `    if (!parser->parseFromFile(${cppText(model)},`,
    '                               static_cast<int32_t>(nvinfer1::ILogger::Severity::kWARNING))) return 1;',
    '    std::unique_ptr<nvinfer1::IBuilderConfig> config{builder->createBuilderConfig()};',
  ];
  for (const flag of options.flags) {
    lines.push(`    config->setFlag(nvinfer1::BuilderFlag::${cppName(flag)});`);
  }
  for (const flag of options.clearedFlags) {
    lines.push(`    config->clearFlag(nvinfer1::BuilderFlag::${cppName(flag)});`);
  }
  const targets = options.computeCapabilities;
  if (targets.length > 0) lines.push(`    config->setNbComputeCapabilities(${targets.length});`);
  targets.forEach((cc, i) => {
    const name = cc === 'current' ? 'kCURRENT' : `k${targetName(cc)}`;
    lines.push(`    config->setComputeCapability(nvinfer1::ComputeCapability::${name}, ${i});`);
  });
  if (options.profilingVerbosity !== 'layer-names-only') {
    const verbosity = pythonVerbosity[options.profilingVerbosity];
    lines.push(`    config->setProfilingVerbosity(nvinfer1::ProfilingVerbosity::k${verbosity});`);
  }
  for (const [pool, bytes] of Object.entries(options.memoryPoolLimits)) {
    lines.push(
      `    config->setMemoryPoolLimit(nvinfer1::MemoryPoolType::${cppName(pool)}, ${bytes});`,
    );
  }
  options.profiles.forEach((profile, p) => lines.push(...cppProfile(profile, p)));
  lines.push(
    '    std::unique_ptr<nvinfer1::IHostMemory> plan{builder->buildSerializedNetwork(*network, *config)};',
    '    if (!plan) return 1;',
    `    std::ofstream file{${cppText(engine)}, std::ios::binary};`,
    '    file.write(static_cast<const char*>(plan->data()), static_cast<std::streamsize>(plan->size()));',
    '    return file.good() ? 0 : 1;',
    '}',
    '',
  );
  return { text: lines.join('\n'), notes: [] };
}

function cppProfile(profile: Profile, index: number): string[] {
  const name = `profile${index}`;
  const lines = [`    auto* ${name} = builder->createOptimizationProfile();`];
  for (const range of profile) {
    for (const which of ['min', 'opt', 'max'] as const) {
      const shape = range[which];
      lines.push(
        `    ${name}->setDimensions(${cppText(range.input)}, nvinfer1::OptProfileSelector::k${which.toUpperCase()},`,
        `                            nvinfer1::Dims{${shape.length}, {${shape.join(', ')}}});`,
      );
    }
  }
  lines.push(`    config->addOptimizationProfile(${name});`);
  return lines;
}

/** "kWEIGHT_STREAMING" → "WEIGHT_STREAMING", as the Python bindings have it. */
function enumerator(name: string): string {
  return cppName(name).replace(/^k/, '');
}

/** Flags come from recipes: what is no enumerator's name must not become code. */
function cppName(name: string): string {
  return name.replace(/\W/g, '_');
}

/** "8.6" → "SM86". */
function targetName(cc: string): string {
  return cc === 'current' ? 'CURRENT' : `SM${cppName(cc.replace('.', ''))}`;
}

function pythonTuple(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
}

/** JSON's strings are Python's, but for line separators and lone surrogates, which are escaped anyway. */
function pythonText(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, unicodeEscape);
}

/** UTF-8 source; control characters in octal, which cannot swallow the digits behind them. */
function cppText(text: string): string {
  const body = Array.from(text, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    // ?? would begin a trigraph in older C++.
    if (character === '?') return '\\?';
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return `\\${code.toString(8).padStart(3, '0')}`;
    return character;
  }).join('');
  return `"${body}"`;
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
