namespace PyInotifyd.Engine.Paths;

/// <summary>What happens to frames: the end of a body cuts them off, a failure undoes them.</summary>
internal ref partial struct RegexMatcher
{
    /// <summary>Ends the body above the barrier, which has succeeded; false where that is a failure of what the body belongs to.</summary>
    private bool EndBody()
    {
        int frame = _barrier;
        switch ((Frame)_stack[frame])
        {
            case Frame.Atomic:
                _repeat = _stack[frame - 1];
                _barrier = _stack[frame - 2];
                _pc = _code[_stack[frame - 3] + 1];
                _top = frame - 3;
                return true;

            case Frame.Look:
                _position = _stack[frame - 1];
                _repeat = _stack[frame - 2];
                _barrier = _stack[frame - 3];
                _pc = _code[_stack[frame - 4] + 2];
                _top = frame - 4;
                return true;

            case Frame.LookNot:
            {
                _repeat = _stack[frame - 2];
                _barrier = _stack[frame - 3];
                int instruction = _stack[frame - 4];
                _top = frame - 5;
                if (_code[instruction + 3] != 0)
                {
                    _top -= _stack[frame - 5] + 1;
                }

                return false;
            }

            case Frame.PossessiveNeeded:
            {
                _repeat = _stack[frame - 1];
                int instruction = _stack[frame - 3];
                int count = _stack[frame - 4] + 1;
                if (count < _code[instruction + 1])
                {
                    _stack[frame - 4] = count;
                    _top = frame + 1;
                    _pc = instruction + 4;
                    return true;
                }

                _barrier = _stack[frame - 2];
                _top = frame - 4;
                if (count < _code[instruction + 2])
                {
                    int outer = _barrier;
                    PushMarks();
                    Push(_lastMark, count, _position, instruction, outer, _repeat, Frame.PossessiveMore);
                    _barrier = _top - 1;
                    _pc = instruction + 4;
                }
                else
                {
                    _pc = _code[instruction + 3];
                }

                return true;
            }

            default:
            {
                _repeat = _stack[frame - 1];
                int outer = _stack[frame - 2];
                int instruction = _stack[frame - 3];
                int last = _stack[frame - 4];
                int count = _stack[frame - 5] + 1;
                _top = frame - 6 - (_stack[frame - 6] + 1);
                _barrier = outer;
                if (count < _code[instruction + 2] && _position != last)
                {
                    PushMarks();
                    Push(_lastMark, count, _position, instruction, outer, _repeat, Frame.PossessiveMore);
                    _barrier = _top - 1;
                    _pc = instruction + 4;
                }
                else
                {
                    _pc = _code[instruction + 3];
                }

                return true;
            }
        }
    }

    /// <summary>Pops frames until one of them knows another way; false where none does.</summary>
    private bool Undo()
    {
        while (true)
        {
            if (_top == 0)
            {
                return false;
            }

            _steps--;
            switch ((Frame)_stack[--_top])
            {
                case Frame.Branch:
                {
                    _lastMark = _stack[_top - 4];
                    bool saved = _stack[_top - 1] != 0;
                    if (saved)
                    {
                        RestoreMarks(_top - 4);
                    }

                    _position = _stack[_top - 3];
                    int alternative = FindAlternative(_stack[_top - 2], _position);
                    if (alternative < 0)
                    {
                        _top -= 4 + (saved ? _lastMark + 1 : 0);
                        continue;
                    }

                    _stack[_top - 2] = _code[alternative];
                    _top++;
                    _pc = alternative + 1;
                    return true;
                }

                case Frame.GreedyOne:
                {
                    _lastMark = _stack[_top - 4];
                    int instruction = _stack[_top - 3];
                    int least = _stack[_top - 1];
                    bool saved = _code[instruction + 3] != 0;
                    if (saved)
                    {
                        RestoreMarks(_top - 4);
                    }

                    int end = _stack[_top - 2];
                    end = end > least ? SkipBack(_code[instruction + 5], least, StepBack(end)) : None;
                    if (end < 0)
                    {
                        _top -= 4 + (saved ? _lastMark + 1 : 0);
                        continue;
                    }

                    _stack[_top - 2] = end;
                    _top++;
                    _position = end;
                    _pc = _code[instruction + 4];
                    return true;
                }

                case Frame.LazyOne:
                {
                    _lastMark = _stack[_top - 4];
                    int instruction = _stack[_top - 3];
                    bool saved = _code[instruction + 3] != 0;
                    if (saved)
                    {
                        RestoreMarks(_top - 4);
                    }

                    int end = None;
                    if (_stack[_top - 1] < _code[instruction + 2])
                    {
                        int length = MatchOne(instruction + 6, _stack[_top - 2]);
                        end = length > 0 ? _stack[_top - 2] + length : None;
                    }

                    if (end < 0)
                    {
                        _top -= 4 + (saved ? _lastMark + 1 : 0);
                        continue;
                    }

                    _stack[_top - 1]++;
                    _stack[_top - 2] = end;
                    _top++;
                    _position = end;
                    _pc = _code[instruction + 4];
                    return true;
                }

                case Frame.Repeat:
                    _repeat = _stack[_top - 2];
                    _top -= 4;
                    continue;

                case Frame.Round:
                    _stack[_stack[_top - 2] + RepeatCount] = _stack[_top - 1] - 1;
                    _top -= 2;
                    continue;

                case Frame.GreedyRound:
                {
                    _lastMark = _stack[_top - 5];
                    int context = _stack[_top - 4];
                    _stack[context + RepeatCount] = _stack[_top - 3] - 1;
                    _stack[context + RepeatLast] = _stack[_top - 2];
                    _position = _stack[_top - 1];
                    RestoreMarks(_top - 5);
                    _top -= 5 + _lastMark + 1;
                    // No further round: what follows the _repeat.
                    Push(context, Frame.Tail);
                    _repeat = _stack[context + RepeatOuter];
                    _pc = _code[_stack[context + RepeatInstruction] + 3] + 1;
                    return true;
                }

                case Frame.Tail:
                    _repeat = _stack[_top - 1];
                    _top -= 1;
                    continue;

                case Frame.LazyTail:
                {
                    _lastMark = _stack[_top - 5];
                    int context = _stack[_top - 4];
                    int count = _stack[_top - 3];
                    _position = _stack[_top - 2];
                    int until = _stack[_top - 1];
                    _repeat = context;
                    _top -= 5;
                    if (_code[until + 1] != 0)
                    {
                        RestoreMarks(_top);
                        _top -= _lastMark + 1;
                    }

                    int instruction = _stack[context + RepeatInstruction];
                    if (count >= _code[instruction + 2] || _position == _stack[context + RepeatLast])
                    {
                        continue;
                    }

                    _stack[context + RepeatCount] = count;
                    Push(context, count, _stack[context + RepeatLast], Frame.LazyRound);
                    _stack[context + RepeatLast] = _position;
                    _pc = instruction + 4;
                    return true;
                }

                case Frame.LazyRound:
                    _stack[_stack[_top - 3] + RepeatLast] = _stack[_top - 1];
                    _stack[_stack[_top - 3] + RepeatCount] = _stack[_top - 2] - 1;
                    _top -= 3;
                    continue;

                case Frame.Atomic:
                    _barrier = _stack[_top - 2];
                    _top -= 3;
                    continue;

                case Frame.Look:
                    _barrier = _stack[_top - 3];
                    _top -= 4;
                    continue;

                case Frame.LookNot:
                {
                    _position = _stack[_top - 1];
                    _barrier = _stack[_top - 3];
                    int instruction = _stack[_top - 4];
                    _lastMark = _stack[_top - 5];
                    _top -= 5;
                    if (_code[instruction + 3] != 0)
                    {
                        RestoreMarks(_top);
                        _top -= _lastMark + 1;
                    }

                    _pc = _code[instruction + 2];
                    return true;
                }

                case Frame.PossessiveNeeded:
                    _barrier = _stack[_top - 2];
                    _top -= 4;
                    continue;

                default:
                {
                    _barrier = _stack[_top - 2];
                    int instruction = _stack[_top - 3];
                    _position = _stack[_top - 4];
                    _lastMark = _stack[_top - 6];
                    RestoreMarks(_top - 6);
                    _top -= 6 + _lastMark + 1;
                    _pc = _code[instruction + 3];
                    return true;
                }
            }
        }
    }
}
