/**
 * The tools that set-up expects on the machine, and how to get each where it is missing. Asked before the first step
 * that needs one starts, so that everything missing is named at once.
 */
import { execFileSync } from 'node:child_process';

import { SetupError, isWindows, which } from './system.mjs';

const install = {
  python: {
    apt: 'python3 python3-pip',
    dnf: 'python3 python3-pip',
    brew: 'python',
    winget: 'Python.Python.3.13',
  },
  compiler: {
    apt: 'g++',
    dnf: 'gcc-c++',
    brew: 'gcc',
    winget: 'Microsoft.VisualStudio.2022.BuildTools',
  },
  cmake: { apt: 'cmake', dnf: 'cmake', brew: 'cmake', winget: 'Kitware.CMake' },
  cargo: { apt: 'cargo', dnf: 'cargo', brew: 'rust', winget: 'Rustlang.Rustup' },
  make: { apt: 'make', dnf: 'make', brew: 'make', winget: 'Ninja-build.Ninja' },
};

/** The Python 3 to use: $PYTHON, else python3, else python. */
export function findPython() {
  const names = [process.env.PYTHON, 'python3', 'python'].filter((name) => name);
  return names.map(which).find((file) => file !== undefined && answers(file, ['--version']));
}

export function findCompiler() {
  if (isWindows) return 'found by CMake';
  const names = [process.env.CXX, 'c++', 'g++', 'clang++'].filter((name) => name);
  return names.map(which).find((file) => file !== undefined);
}

const tools = {
  python: {
    title: 'Python 3 with pip',
    why: 'fetches the TensorRT-RTX libraries',
    present: () => {
      const python = findPython();
      return python !== undefined && answers(python, ['-m', 'pip', '--version']);
    },
  },
  compiler: {
    title: 'a C++17 compiler',
    why: 'builds the native shim',
    present: () => findCompiler() !== undefined,
  },
  cmake: {
    title: 'CMake 3.18 or newer',
    why: 'builds the native shim',
    present: () => which('cmake') !== undefined,
  },
  make: {
    title: 'make or ninja',
    why: 'builds the native shim',
    present: () => isWindows || which('ninja') !== undefined || which('make') !== undefined,
  },
  cargo: {
    title: 'cargo 1.82 or newer (Rust)',
    why: 'fetches the TensorRT-RTX headers; a TensorRT-RTX SDK named by TENSORRT_RTX_HOME gives them for its own version',
    present: () => which('cargo') !== undefined && answers('cargo', ['info', '--help']),
  },
};

function answers(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
}

/** Throws one error that names every missing tool and how to get it on this machine. */
export function requireTools(names) {
  const missing = [...new Set(names)].filter((name) => !tools[name].present());
  if (missing.length === 0) return;
  const list = missing.map((name) => `  - ${tools[name].title}: ${tools[name].why}`).join('\n');
  throw new SetupError(`missing on this machine:\n${list}`, howToInstall(missing));
}

/** Command lines for the package managers that are here, or for all of them. */
export function howToInstall(names) {
  const managers = {
    apt: ['apt-get', 'sudo apt-get install -y'],
    dnf: ['dnf', 'sudo dnf install -y'],
    brew: ['brew', 'brew install'],
    winget: ['winget', 'winget install --exact --id'],
  };
  const here = Object.entries(managers).filter(([, [command]]) => which(command) !== undefined);
  const shown = here.length > 0 ? here : Object.entries(managers);
  const lines = shown.flatMap(([manager, [, line]]) => {
    const packages = names.map((name) => install[name][manager]);
    return manager === 'winget'
      ? packages.map((name) => `  ${line} ${name}`)
      : [`  ${line} ${packages.join(' ')}`];
  });
  const rust = names.includes('cargo')
    ? '\n  (a cargo that is too old: see https://rustup.rs)'
    : '';
  return `install them and run the same command again:\n${lines.join('\n')}${rust}`;
}
