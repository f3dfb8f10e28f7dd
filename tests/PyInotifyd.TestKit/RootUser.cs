using System;
using PyInotifyd.Linux;

namespace PyInotifyd.TestKit;

/// <summary>What tests can only do as root.</summary>
public static class RootUser
{
    /// <summary>Fails the test if it does not run as root: a test that is left out without a word proves nothing.</summary>
    public static void Require()
    {
        if (Libc.geteuid() != 0)
        {
            throw new InvalidOperationException("this test needs root: run scripts/test as root, in a virtual machine or container if you like");
        }
    }
}
