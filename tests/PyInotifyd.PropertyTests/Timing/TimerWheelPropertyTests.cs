using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Timing;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.PropertyTests.Timing;

/// <summary>Random operations on a wheel and on a plain list that is sorted by deadline and arming order; after each of them both must agree.</summary>
/// <remarks>PYINOTIFYD_SEED repeats one run.</remarks>
public sealed class TimerWheelPropertyTests(ITestOutputHelper output)
{
    private const int Runs = 400;
    private const int OperationsPerRun = 600;

    [Fact]
    public void A_wheel_behaves_like_a_sorted_list()
    {
        string? given = Environment.GetEnvironmentVariable("PYINOTIFYD_SEED");
        int firstSeed = given is null ? Environment.TickCount & 0xFFFFFF : int.Parse(given);
        output.WriteLine($"first seed {firstSeed}");
        for (int run = 0; run < (given is null ? Runs : 1); run++)
        {
            int seed = firstSeed + run;
            try
            {
                new Run(seed).Execute();
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"seed {seed}: repeat with PYINOTIFYD_SEED={seed}", failure);
            }
        }
    }

    private sealed class Run
    {
        private readonly Random _random;
        private readonly TimerWheel _wheel;
        private readonly List<Entry> _all = [];
        private readonly List<Entry> _armed = [];
        private List<Entry> _due = [];
        private readonly int _crowd;
        private long _now;
        private long _order;

        public Run(int seed)
        {
            _random = new Random(seed);
            _now = _random.Next(3) == 0 ? 0 : Math.Max(0, (1L << _random.Next(44)) - _random.Next(4));
            _wheel = new TimerWheel(_now);
            _crowd = _random.Next(4) == 0 ? 300 : 1 + _random.Next(60);
            for (int i = 0; i < _crowd; i++)
            {
                _all.Add(new Entry());
            }
        }

        public void Execute()
        {
            for (int i = 0; i < OperationsPerRun; i++)
            {
                switch (_random.Next(10))
                {
                    case < 6:
                        Arm(_all[_random.Next(_crowd)], RandomDeadline());
                        break;
                    case < 8:
                        Cancel(_all[_random.Next(_crowd)]);
                        break;
                    default:
                        Advance();
                        break;
                }

                CheckNextExpiry();
            }

            FollowNextExpiryToTheEnd();
        }

        private void Arm(Entry entry, long deadline)
        {
            _armed.Remove(entry);
            _due.Remove(entry);
            _wheel.Arm(entry, deadline);
            entry.Expected = Math.Max(deadline, _now);
            entry.Order = _order++;
            _armed.Add(entry);
            Assert.Equal(entry.Expected, entry.Deadline);
        }

        private void Cancel(Entry entry)
        {
            bool armed = _armed.Remove(entry) | _due.Remove(entry);
            Assert.Equal(armed, _wheel.Cancel(entry));
            Assert.False(entry.IsArmed);
        }

        private void Advance()
        {
            _now = _random.Next(4) switch
            {
                0 => Math.Max(_now, Math.Min(_wheel.NextExpiry, 1L << 61)),
                1 => _now + _random.Next(3),
                _ => _now + RandomDistance(),
            };
            _now = Math.Min(_now, 1L << 61);
            TakeAndRun(disturb: true);
        }

        private void TakeAndRun(bool disturb)
        {
            _wheel.TakeDue(_now);
            List<Entry> taken = _armed.FindAll(entry => entry.Expected <= _now);
            taken.Sort((a, b) => a.Expected != b.Expected ? a.Expected.CompareTo(b.Expected) : a.Order.CompareTo(b.Order));
            _armed.RemoveAll(entry => entry.Expected <= _now);
            _due.AddRange(taken);
            while (_wheel.TryNext(out TimerEntry? entry))
            {
                Assert.NotEmpty(_due);
                Assert.Same(_due[0], entry);
                Assert.False(entry.IsArmed);
                _due.RemoveAt(0);
                if (!disturb)
                {
                    continue;
                }

                switch (_random.Next(8))
                {
                    case 0:
                        Arm((Entry)entry, _now);
                        break;
                    case 1:
                        Arm(_all[_random.Next(_crowd)], RandomDeadline());
                        break;
                    case 2:
                        Cancel(_all[_random.Next(_crowd)]);
                        break;
                    case 3 when _random.Next(4) == 0:
                        // Leaves the rest for the next call.
                        return;
                }

                CheckNextExpiry();
            }

            Assert.Empty(_due);
        }

        private void CheckNextExpiry()
        {
            Assert.Equal(_armed.Count + _due.Count, _wheel.Count);
            long nearest = _due.Count > 0 ? _now : long.MaxValue;
            foreach (Entry entry in _armed)
            {
                nearest = Math.Min(nearest, entry.Expected);
            }

            long next = _wheel.NextExpiry;
            Assert.True(next <= nearest, $"next expiry {next} is after the nearest deadline {nearest}");
            Assert.True(next >= _now, "next expiry lies in the past");
            if (_crowd <= TimerWheel.WalkLimit)
            {
                Assert.Equal(nearest, next);
            }
            else
            {
                Assert.True(next > _now || nearest == _now, "a wake-up for nothing would repeat for ever");
            }
        }

        private void FollowNextExpiryToTheEnd()
        {
            int wakeUps = 0;
            while (_wheel.Count > 0)
            {
                _now = _wheel.NextExpiry;
                TakeAndRun(disturb: false);
                CheckNextExpiry();
                Assert.True(++wakeUps <= (_crowd * 8) + 200, "too many wake-ups");
            }

            Assert.Empty(_armed);
        }

        private long RandomDeadline() => _random.Next(20) switch
        {
            0 => _random.NextInt64(_now + 1),
            1 => _now,
            2 when _armed.Count > 0 => _armed[_random.Next(_armed.Count)].Expected,
            3 => ((_now >> 6) + 1 + _random.Next(3)) << 6,
            4 => ((_now >> 36) + 1 + _random.Next(2)) << 36,
            _ => _now + RandomDistance(),
        };

        private long RandomDistance()
        {
            long magnitude = 1L << _random.Next(_random.Next(10) == 0 ? 42 : 24);
            return Math.Max(0, magnitude + _random.NextInt64(magnitude) - _random.Next(3));
        }
    }

    private sealed class Entry : TimerEntry
    {
        public long Expected { get; set; }

        public long Order { get; set; }
    }
}
