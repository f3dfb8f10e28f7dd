# bash completion for pyinotifyd

_pyinotifyd() {
	local cur prev word command= i
	cur=${COMP_WORDS[COMP_CWORD]}
	prev=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
			-c | --config) ((i++)) ;;
			-*) ;;
			*)
				command=$word
				break
				;;
		esac
	done

	case $prev in
		-c | --config | -s)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			compopt -o filenames 2>/dev/null
			return
			;;
		-e | --event)
			mapfile -t COMPREPLY < <(compgen -W "$(pyinotifyd -l 2>/dev/null)" -- "$cur")
			return
			;;
		--exclude | --format | --timeout | --count) return ;;
	esac

	local words=
	case $command in
		'')
			words="-c --config -d --debug --insecure -t --configtest -l --list -v --version -i --install -u --uninstall -h --help
				monitor explain convert status tasks failed cancel run retry pause resume reload schema completion"
			;;
		monitor) words="-r --recursive -e --event --exclude --format --json -0 --null --timeout --count -h --help" ;;
		explain) words="-c --config -e --event --json -h --help" ;;
		status) words="-s --json --prometheus" ;;
		retry) words="-s --all" ;;
		tasks | failed) words="-s --json" ;;
		cancel | run | pause | resume | reload) words="-s" ;;
		completion) words="bash zsh fish" ;;
	esac

	if [[ $cur == -* || -z $command || $command == completion ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	else
		case $command in
			monitor | explain | convert)
				mapfile -t COMPREPLY < <(compgen -f -- "$cur")
				compopt -o filenames 2>/dev/null
				;;
			cancel | run)
				mapfile -t COMPREPLY < <(compgen -W "$(pyinotifyd tasks --json 2>/dev/null | sed -n 's/.*"id":"\([^"]*\)".*/\1/p')" -- "$cur")
				;;
		esac
	fi
}

complete -F _pyinotifyd pyinotifyd
