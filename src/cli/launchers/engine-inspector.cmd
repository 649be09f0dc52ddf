@echo off
rem The command line in VS Code's terminals, by the Node that VS Code brings (terminalCommand.ts names it).
setlocal
if not defined ENGINE_INSPECTOR_NODE set "ENGINE_INSPECTOR_NODE=node"
set "ELECTRON_RUN_AS_NODE=1"
"%ENGINE_INSPECTOR_NODE%" "%~dp0..\cli.js" %*
