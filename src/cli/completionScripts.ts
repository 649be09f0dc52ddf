/**
 * What a shell runs when Tab is pressed: it asks `engine-inspector complete`, and completes file names where that has no
 * answer. What is typed goes as arguments, never through the shell's evaluation.
 */
import type { Shell } from './completionCommand';

const bash = `# engine-inspector in bash: source <(engine-inspector completion bash)
_engine_inspector() {
  local line
  local current=\${COMP_WORDS[COMP_CWORD]}
  local -a before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  if [[ $current == "=" ]]; then
    before+=("=")
    current=
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(engine-inspector complete --word="$current" -- "\${before[@]}" 2>/dev/null)
}
complete -o default -F _engine_inspector engine-inspector
`;

const zsh = `# engine-inspector in zsh: source <(engine-inspector completion zsh), after compinit
_engine_inspector() {
  local line
  local -a lines described
  lines=("\${(@f)$(engine-inspector complete --word="\${words[CURRENT]}" -- "\${(@)words[2,CURRENT-1]}" 2>/dev/null)}")
  for line in $lines; do
    [[ -n $line ]] && described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( $#described )); then
    _describe -t values 'engine-inspector' described
  else
    _files
  fi
}
compdef _engine_inspector engine-inspector
`;

const fish = `# engine-inspector in fish: engine-inspector completion fish | source
function __engine_inspector
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -e before[1]
    set -l found (engine-inspector complete --word="$current" -- $before 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path $current
    end
end
complete -c engine-inspector -f -a '(__engine_inspector)'
`;

const powershell = `# engine-inspector in PowerShell: engine-inspector completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName engine-inspector -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  # A launcher may be a batch file, whose shell would read these.
  $special = '[&|<>^%!"]'
  if ($wordToComplete -match $special) { return }
  $before = @($commandAst.CommandElements |
    Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
    ForEach-Object { $_.ToString() } |
    Where-Object { $_ -notmatch $special })
  engine-inspector complete "--word=$wordToComplete" -- @before 2>$null | ForEach-Object {
    $value, $about = $_ -split "\`t", 2
    if (-not $about) { $about = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
  }
}
`;

const scripts: Record<Shell, string> = { bash, zsh, fish, powershell };

export const completionScript = (shell: Shell): string => scripts[shell];
